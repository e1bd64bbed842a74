/* SPDX-License-Identifier: MIT */
/* What the adapters make of what docker says; docker is a script of the test's. */
#include "adapter/docker/image.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "adapter/docker/compose.h"
#include "adapter/docker/docker.h"
#include "sys/file.h"

static char dir[] = "/tmp/test_compose.XXXXXX";
static struct compose compose;

static void put(const char *name, const char *text, mode_t mode)
{
	CLEANUP(mem_freep) char *path = mem_format("%s/%s", dir, name);
	struct error e = {0};

	if (file_write(path, text, strlen(text), mode, &e) != 0)
		fail_msg("%s", e.text);
}

/* From now on docker writes OUT and ERR, and exits with STATUS; what it is called with goes to `called`. */
static void docker_says(const char *out, const char *err, int status)
{
	CLEANUP(mem_freep) char *script =
		mem_format("#!/bin/sh\nd=%s\necho \"$*\" >$d/called\ncat $d/out\ncat $d/err >&2\nexit %d\n", dir, status);

	put("out", out, 0644);
	put("err", err, 0644);
	put("docker", script, 0755);
}

static char *called(void)
{
	CLEANUP(mem_freep) char *path = mem_format("%s/called", dir);
	struct str text = {0};
	struct error e;

	assert_int_equal(file_read(path, 10000, &text, &e), 0);
	str_trim(&text);
	return text.data;
}

static int set_up(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	CLEANUP(mem_freep) char *path = mem_format("%s:/usr/bin:/bin", dir);
	setenv("ECS_PATH", path, 1);
	compose.file = mem_format("%s/compose.yml", dir);
	compose.project = mem_dup("ecs");
	put("compose.yml", "", 0644);
	return 0;
}

static int tear_down(void **state)
{
	struct error e;

	(void)state;
	compose_free(&compose);
	return file_remove_tree(dir, &e);
}

static const char config[] =
	"{\"services\":{"
	"\"ecs-postgres\":{\"image\":\"ecs-postgres:17\",\"build\":{},"
	"\"healthcheck\":{\"interval\":\"2s\",\"timeout\":\"500ms\",\"retries\":3,\"start_period\":\"5m0s\"}},"
	"\"ecs.web\":{\"image\":\"ecs.web:1\",\"build\":{},\"tmpfs\":[\"/tmp:size=64m\"],\"volumes\":["
	"{\"type\":\"bind\",\"source\":\"/a\",\"target\":\"/b\"},{\"type\":\"volume\",\"target\":\"/c\"},"
	"{\"type\":\"volume\",\"source\":\"named\",\"target\":\"/d\"}],"
	"\"ports\":[{\"target\":8080,\"published\":\"80\"}]},"
	"\"ecs.worker\":{\"image\":\"ecs.web:1\"},\"redis\":{\"image\":\"redis:8\"}},"
	"\"x-ecs\":{\"postgres\":{\"service\":\"ecs-postgres\",\"major\":17},\"web\":\"ecs.web\",\"migrate\":[\"migrate\"],"
	"\"pending\":[\"pending\"],\"manage\":[\"manage\"],\"reload\":{\"service\":\"redis\",\"command\":[\"x\",\"y\"]},"
	"\"folders\":{\"/data/x\":{\"uid\":5432,\"gid\":1,\"mode\":\"0750\"}}}}";

static void facts_of_a_file(void **state)
{
	CLEANUP(compose_facts_free) struct compose_facts f;
	CLEANUP(strlist_free) struct strlist names = {0};
	struct error e = {0};

	(void)state;
	docker_says(config, "", 0);
	if (compose_read(&compose, &f, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(f.services, 4);
	assert_int_equal(f.major, 17);
	assert_int_equal(compose_find(&f, "ecs-postgres")->healthy_ms, 300000 + 4 * 2500);
	assert_true(compose_find(&f, "ecs.web")->builds);
	assert_false(compose_find(&f, "ecs.worker")->builds);
	assert_null(compose_find(&f, "nginx"));
	assert_true(compose_find(&f, "ecs.web")->publishes);
	assert_false(compose_find(&f, "ecs.worker")->publishes);
	assert_int_equal(compose_find(&f, "ecs.web")->mounts.count, 3); /* what has no name covers nothing */
	assert_true(strlist_has(&compose_find(&f, "ecs.web")->mounts, "/tmp"));
	assert_false(strlist_has(&compose_find(&f, "ecs.web")->mounts, "/c"));
	compose_names(&f, COMPOSE_APPLICATION, &names);
	assert_int_equal(names.count, 2);
	assert_string_equal(f.reload_command.item[1], "y");
	assert_string_equal(f.folder[0].path, "/data/x");
	assert_int_equal(f.folder[0].mode, 0750);
	assert_int_equal(strlen(f.digest), 64);
}

static void a_file_that_compose_refuses(void **state)
{
	struct compose_facts f;
	struct error e = {0};

	(void)state;
	docker_says("", "yaml: line 3: what is this\n", 15);
	assert_int_equal(compose_read(&compose, &f, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_string_equal(e.text, "docker compose config: exited 15: yaml: line 3: what is this");
	docker_says("{\"services\":{}}", "", 0);
	assert_int_equal(compose_read(&compose, &f, &e), -1);
	assert_int_equal(e.code, EX_CONFIG);
	assert_non_null(strstr(e.text, "x-ecs must name"));
}

/* A machine that has no time or memory for it says nothing of the file. */
static void a_compose_that_does_not_end(void **state)
{
	struct compose_facts f;
	struct error e = {0};

	(void)state;
	put("docker", "#!/bin/sh\nkill -KILL $$\n", 0755);
	assert_int_equal(compose_read(&compose, &f, &e), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
	assert_non_null(strstr(e.text, "docker compose config: killed by signal 9"));
}

static void up(const char *err, const char *wanted)
{
	CLEANUP(strlist_free) struct strlist services = {0};
	struct error e = {0};

	strlist_add(&services, "nginx");
	docker_says("", err, 1);
	assert_int_equal(compose_up(&compose, &services, &e), -1);
	assert_int_equal(e.code, EXIT_FAILED);
	if (!strstr(e.text, wanted))
		fail_msg("'%s' is not in '%s'", wanted, e.text);
}

/* As Docker 20.10, 26 and 28 say it. */
static void a_port_that_is_taken_is_named(void **state)
{
	(void)state;
	up("Error response from daemon: driver failed programming external connectivity on endpoint n (1): Bind for "
	   "0.0.0.0:443 failed: port is already allocated\n",
	   "port '0.0.0.0:443' is in use");
	up("Error: driver failed: Error starting userland proxy: listen tcp4 127.0.0.1:8080: bind: address already in "
	   "use\n",
	   "port '127.0.0.1:8080' is in use");
	up("Error: failed to bind host port for 0.0.0.0:80:172.17.0.2:80/tcp: address already in use\n",
	   "port '0.0.0.0:80' is in use");
	up("Error: failed to bind host port for [::]:80:172.17.0.2:80/tcp: address already in use\n",
	   "port '[::]:80' is in use");
	up("no such thing\n", "docker compose up: exited 1: no such thing");
}

static void nothing_to_do_starts_nothing(void **state)
{
	CLEANUP(strlist_free) struct strlist none = {0};
	struct error e = {0};

	(void)state;
	docker_says("", "", 9);
	assert_int_equal(compose_up(&compose, &none, &e), 0);
	assert_int_equal(compose_build(&compose, &none, &e), 0);
	assert_int_equal(docker_stop(&none, &e), 0);
	assert_int_equal(docker_remove(&none, &e), 0);
}

static void a_secret_stays_out_of_the_arguments(void **state)
{
	CLEANUP(strlist_free) struct strlist words = {0}, env = {0};
	CLEANUP(mem_freep) char *args = NULL;
	CLEANUP(str_free) struct str out = {0};
	const struct compose_job job = {.service = "ecs.web", .words = &words, .env = &env, .timeout_ms = 10000, .out = &out};
	struct error e = {0};

	(void)state;
	strlist_add(&words, "migrate");
	strlist_add(&env, "DATABASE_URL=postgres://ecs:secret@x/ecs_new");
	docker_says("done\n", "", 0);
	assert_int_equal(compose_run(&compose, &job, &e), 0);
	assert_string_equal(out.data, "done\n");
	args = called();
	assert_null(strstr(args, "secret"));
	assert_non_null(strstr(args, "run --rm --no-deps --no-TTY --env DATABASE_URL ecs.web migrate"));
}

static const char inspected[] =
	"[{\"Id\":\"a1\",\"Image\":\"sha256:1\",\"RestartCount\":2,"
	"\"State\":{\"Status\":\"running\",\"ExitCode\":0,\"Health\":{\"Status\":\"starting\"}},"
	"\"Config\":{\"Entrypoint\":[\"./entry\",\"-x\"],\"Labels\":{\"com.docker.compose.service\":\"ecs.web\","
	"\"com.docker.compose.oneoff\":\"False\"}}},"
	"{\"Id\":\"b2\",\"Image\":\"sha256:2\",\"State\":{\"Status\":\"exited\",\"ExitCode\":3},"
	"\"Config\":{\"Labels\":{\"com.docker.compose.service\":\"ecs.web\",\"com.docker.compose.oneoff\":\"True\"}}},"
	"{\"Id\":\"c3\",\"State\":{\"Status\":\"running\"},\"Config\":{\"Labels\":null}}]";

static void containers(void **state)
{
	CLEANUP(docker_list_free) struct docker_list list;
	CLEANUP(strlist_free) struct strlist ids = {0};
	const struct docker_container *web;
	struct error e = {0};

	(void)state;
	strlist_add(&ids, "a1");
	docker_says(inspected, "", 0);
	assert_int_equal(docker_inspect(&ids, &list, &e), 0);
	assert_int_equal(list.count, 3);
	web = docker_service(&list, "ecs.web");
	assert_string_equal(web->id, "a1");
	assert_int_equal(web->state, DOCKER_RUNNING);
	assert_int_equal(web->health, DOCKER_STARTING);
	assert_int_equal(web->restarts, 2);
	assert_string_equal(web->entrypoint.item[1], "-x");
	assert_false(docker_is_healthy(web));
	assert_true(list.item[1].oneoff);
	assert_int_equal(list.item[1].state, DOCKER_STOPPED);
	assert_int_equal(list.item[1].exit_code, 3);
	assert_true(docker_is_healthy(&list.item[2]));
	assert_null(docker_service(&list, "nginx"));
}

static void an_engine_that_does_not_answer(void **state)
{
	struct docker_list list;
	struct error e = {0};

	(void)state;
	docker_says("", "Cannot connect to the Docker daemon\n", 1);
	assert_int_equal(docker_of_project("ecs", &list, &e), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
	assert_string_equal(e.text, "the engine does not answer: docker container ls: exited 1: Cannot connect to the "
				    "Docker daemon");
}

static void an_engine_that_refuses_says_why(void **state)
{
	static const char *const said[] = {"Error response from daemon: No such image: a:1", "template: :1:2: no field",
					   "Error response from daemon: cannot connect to the storage of a1"};
	struct docker_list list;

	(void)state;
	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		CLEANUP(mem_freep) char *text = mem_format("docker container ls: exited 1: %s", said[i]);
		struct error e = {0};

		docker_says("", said[i], 1);
		assert_int_equal(docker_of_project("ecs", &list, &e), -1);
		assert_int_equal(e.code, EX_UNAVAILABLE);
		assert_string_equal(e.text, text);
	}
}

static void versions_of_the_engine(void **state)
{
	struct error e = {0};

	(void)state;
	docker_says("1.41\n", "", 0);
	assert_int_equal(docker_speaks(44, &e), 0);
	docker_says("1.44\n", "", 0);
	assert_int_equal(docker_speaks(44, &e), 1);
	docker_says("", "no\n", 1);
	assert_int_equal(docker_speaks(44, &e), -1);
}

static void images_that_are_not_there(void **state)
{
	CLEANUP(strlist_free) struct strlist names = {0}, ids = {0};
	struct error e = {0};

	(void)state;
	strlist_add(&names, "a:1");
	strlist_add(&names, "b:1");
	docker_says("sha256:1\nsha256:2\n", "", 0);
	assert_int_equal(docker_image_ids(&names, &ids, &e), 0);
	assert_string_equal(ids.item[1], "sha256:2");
	strlist_free(&ids);
	docker_says("", "Error: No such image: a:1\n", 1);
	assert_int_equal(docker_image_ids(&names, &ids, &e), 0);
	assert_int_equal(ids.count, 2);
	assert_string_equal(ids.item[0], "");
}

static void volumes_of_images(void **state)
{
	CLEANUP(strlist_free) struct strlist names = {0}, paths = {0};
	struct error e = {0};

	(void)state;
	strlist_add(&names, "a:1");
	strlist_add(&names, "b:1");
	docker_says("[{\"Config\":{\"Volumes\":{\"/x\":{},\"/y\":{}}}},{\"Config\":{\"Volumes\":null}}]", "", 0);
	assert_int_equal(docker_image_volumes(&names, &paths, &e), 0);
	assert_int_equal(paths.count, 2);
	assert_string_equal(paths.item[0], "/x\n/y\n");
	assert_string_equal(paths.item[1], "");
	docker_says("[]", "", 0);
	assert_int_equal(docker_image_volumes(&names, &paths, &e), -1); /* none is not all */
}

/* A container with a volume without a name at SOURCE is removed: with which words? */
static char *removing(const char *source)
{
	CLEANUP(strlist_free) struct strlist ids = {0};
	CLEANUP(mem_freep) char *out = mem_format(
		"[{\"Id\":\"a1\",\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/etc\"},{\"Type\":\"volume\",\"Name\":"
		"\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"Source\":\"%s\"}]}]", source);
	struct error e = {0};

	strlist_add(&ids, "a1");
	docker_says(out, "", 0);
	if (docker_remove(&ids, &e) != 0)
		fail_msg("%s", e.text);
	return called();
}

static void volumes_without_a_name_are_not_removed_unseen(void **state)
{
	CLEANUP(mem_freep) char *empty = mem_format("%s/empty", dir);
	CLEANUP(mem_freep) char *with = NULL, *without = NULL, *unseen = NULL;

	(void)state;
	assert_int_equal(mkdir(empty, 0700), 0);
	with = removing(empty);
	assert_string_equal(with, "container rm --force --volumes a1");
	without = removing(dir);
	assert_string_equal(without, "container rm --force a1");
	unseen = removing("/nowhere/to/be/seen");
	assert_string_equal(unseen, "container rm --force a1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_of_a_file),
		cmocka_unit_test(a_file_that_compose_refuses),
		cmocka_unit_test(a_compose_that_does_not_end),
		cmocka_unit_test(a_port_that_is_taken_is_named),
		cmocka_unit_test(nothing_to_do_starts_nothing),
		cmocka_unit_test(a_secret_stays_out_of_the_arguments),
		cmocka_unit_test(containers),
		cmocka_unit_test(an_engine_that_does_not_answer),
		cmocka_unit_test(an_engine_that_refuses_says_why),
		cmocka_unit_test(versions_of_the_engine),
		cmocka_unit_test(images_that_are_not_there),
		cmocka_unit_test(volumes_of_images),
		cmocka_unit_test(volumes_without_a_name_are_not_removed_unseen),
	};

	return cmocka_run_group_tests_name("compose", tests, set_up, tear_down);
}
