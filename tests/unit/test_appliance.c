/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/appliance.h"
#include "appliance/images.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/file.h"
#include "tests/unit/temp.h"

#define OVERLAY NAME_OVERLAYS_DIR "/50-own.yml"

/* What the appliance beneath the test's folder makes of the overlays: 0, or an exit status. */
static int overlays(void **state, size_t *count)
{
	static const char text[] = "#cloud-config\nappliance: {domain: a.example}\n";
	CLEANUP(env_deletep) struct env *env = NULL;
	CLEANUP(appliance_free) struct appliance a = {.root = temp_path(state, "")};
	struct error e = {0};
	int r;

	assert_int_equal(env_parse("env.yml", text, strlen(text), &env, &e), 0);
	a.env = env;
	appliance_database(a.root, "ecs", &a.database);
	a.compose.file = mem_dup("compose.yml");
	a.compose.project = mem_dup("ecs");
	a.revision = mem_dup("");
	a.branch = mem_dup("");
	a.build = mem_dup("");
	r = appliance_by_hand(&a, &e);
	*count = a.compose.overlays.count;
	return r == 0 ? 0 : e.code;
}

/* Compose mounts as root whatever an overlay says. */
static void an_overlay_that_others_can_change_is_refused(void **state)
{
	CLEANUP(mem_freep) char *dir = temp_path(state, NAME_OVERLAYS_DIR), *file = temp_path(state, OVERLAY);
	struct error e = {0};
	size_t count;

	assert_int_equal(overlays(state, &count), 0); /* there is none */
	assert_int_equal(file_mkdirs(dir, 0755, &e), 0);
	temp_put(state, OVERLAY, "services: {}\n");
	assert_int_equal(chmod(file, 0644), 0);
	assert_int_equal(overlays(state, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(chmod(file, 0664), 0);
	assert_int_equal(overlays(state, &count), EX_CONFIG);
	assert_int_equal(count, 0);
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(chmod(dir, 0775), 0);
	assert_int_equal(overlays(state, &count), EX_CONFIG);
	assert_int_equal(chmod(dir, 0755), 0);
	if (geteuid() != 0 || chown(file, 8000, 0) != 0)
		return;
	assert_int_equal(overlays(state, &count), EX_CONFIG);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(symlink("gone", file), 0);
	assert_int_equal(overlays(state, &count), EX_IOERR);
}

/* What is said of an image that declares PATH as a VOLUME; docker is a script. */
static char *refusal(void **state, const char *path)
{
	CLEANUP(mem_freep) char *dir = temp_path(state, ""), *docker = temp_path(state, "docker");
	CLEANUP(mem_freep) char *search = mem_format("%s:/usr/bin:/bin", dir);
	CLEANUP(mem_freep) char *script = mem_format("#!/bin/sh\ncase $* in *--format*) echo id ;; *) cat <<'END'\n"
						     "[{\"Config\": {\"Volumes\": {\"%s\": {}}}}]\nEND\nesac\n", path);
	struct compose_service web = {.name = (char[]){"ecs.web"}, .image = (char[]){"ecs.web:1"}};
	const struct appliance a = {.root = (char[]){""}, .facts = {.service = &web, .services = 1}};
	struct error e = {0};

	setenv("ECS_PATH", search, 1);
	temp_put(state, "docker", script);
	assert_int_equal(chmod(docker, 0755), 0);
	assert_int_equal(images_check_volumes(&a, &e), -1);
	unsetenv("ECS_PATH");
	return mem_dup(e.text);
}

/* The application chooses the path, and an administrator copies the line. */
static void no_line_to_copy_holds_more_than_a_path(void **state)
{
	CLEANUP(mem_freep) char *good = refusal(state, "/srv/own");
	CLEANUP(mem_freep) char *bad = refusal(state, "/x\\\"], privileged: true, tmpfs: [\\\"/y");

	assert_non_null(strstr(good, "services: {ecs.web: {volumes: [\"/data/ecs-storage-vault:/srv/own\"]}}"));
	assert_null(strstr(bad, "services: {"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_overlay_that_others_can_change_is_refused, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(no_line_to_copy_holds_more_than_a_path, temp_make, temp_remove),
	};

	return cmocka_run_group_tests_name("appliance", tests, NULL, NULL);
}
