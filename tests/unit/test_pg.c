/* SPDX-License-Identifier: MIT */
/* libpq against a server of the test's own: a folder, a socket, no port. */
#include "tests/unit/unit.h"

#include <glob.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "appliance/database/database.h"
#include "appliance/database/dump.h"
#include "appliance/database/migrations.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/run.h"
#include "wrap/pg.h"

static char dir[] = "/tmp/test_pg.XXXXXX";
static pid_t server;

/* The newest server's folder of programs. */
static char *find_bin(void)
{
	glob_t found;
	char *bin = NULL;

	if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) == 0)
		bin = mem_dup(found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
	return bin;
}

/* PostgreSQL refuses to run as root. */
static void become_postgres(void)
{
	const struct passwd *user = getpwnam("postgres");

	if (geteuid() == 0 && user && (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
		_exit(1);
}

static int as_postgres(const char *const *argv)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		become_postgres();
		dup2(2, 1); /* stdout is for TAP */
		execv(argv[0], (char *const *)(size_t)argv);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static int start_server(void **state)
{
	CLEANUP(mem_freep) char *bin = find_bin();
	CLEANUP(mem_freep) char *initdb = mem_format("%s/initdb", bin), *postgres = mem_format("%s/postgres", bin);
	CLEANUP(mem_freep) char *data = mem_format("%s/data", mkdtemp(dir));
	const struct passwd *user = getpwnam("postgres");
	struct error e;

	(void)state;
	if (geteuid() == 0 && (!user || chown(dir, user->pw_uid, user->pw_gid) != 0))
		return -1;
	if (as_postgres((const char *[]){initdb, "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8",
					 "--locale=C", NULL}) != 0)
		return -1;
	server = fork();
	if (server == 0) {
		become_postgres();
		execl(postgres, postgres, "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off",
		      "-c", "log_min_messages=panic", (char *)NULL);
		_exit(127);
	}
	for (long long until = clock_ms() + 30000; clock_ms() < until; usleep(20000)) {
		struct pg *pg = pg_open(dir, "postgres", "postgres", 1000, &e);

		pg_close(pg);
		if (pg)
			return 0;
	}
	return -1;
}

static int stop_server(void **state)
{
	struct error e;

	(void)state;
	kill(server, SIGINT);
	waitpid(server, NULL, 0);
	return file_remove_tree(dir, &e);
}

static struct pg *connect_to(const char *database)
{
	struct error e = {0};
	struct pg *pg = pg_open(dir, "postgres", database, 10000, &e);

	if (pg == NULL)
		fail_msg("%s", e.text);
	return pg;
}

static void values_and_rows(void **state)
{
	CLEANUP(pg_closep) struct pg *pg = connect_to("postgres");
	CLEANUP(mem_freep) char *value = NULL;
	CLEANUP(pg_table_free) struct pg_table t;
	struct error e = {0};

	(void)state;
	value = pg_value(pg, "SELECT $1 || '!'", (const char *[]){"it's", NULL}, 5000, &e);
	assert_string_equal(value, "it's!");
	assert_int_equal(pg_query(pg, "SELECT 1, NULL UNION ALL SELECT 2, 'b' ORDER BY 1", NULL, 5000, &t, &e),
			 0);
	assert_int_equal(t.rows, 2);
	assert_int_equal(t.columns, 2);
	assert_string_equal(t.cells.item[1], "");
	assert_string_equal(t.cells.item[3], "b");
	assert_null(pg_value(pg, "SELECT 1 WHERE false", NULL, 5000, &e));
	assert_int_equal(e.code, EX_SOFTWARE);
	assert_true(pg_major(pg) >= 13);
}

static void an_error_is_its_first_line_and_the_connection_lives(void **state)
{
	CLEANUP(pg_closep) struct pg *pg = connect_to("postgres");
	struct error e = {0};

	(void)state;
	assert_int_equal(pg_exec(pg, "SELECT 1; SELECT nonsense FROM pg_class; SELECT 2", 5000, &e), -1);
	assert_int_equal(e.code, EXIT_FAILED);
	assert_string_equal(e.text, "postgresql: ERROR:  column \"nonsense\" does not exist");
	assert_int_equal(pg_exec(pg, "SELECT 1", 5000, &e), 0);
}

static void a_deadline_ends_a_statement(void **state)
{
	CLEANUP(pg_closep) struct pg *pg = connect_to("postgres");
	struct error e = {0};
	long long began = clock_ms();

	(void)state;
	assert_int_equal(pg_exec(pg, "SELECT pg_sleep(30)", 200, &e), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
	assert_true(clock_ms() - began < 25000);
}

static void no_server_is_unavailable(void **state)
{
	struct error e = {0};

	(void)state;
	assert_null(pg_open("/nonexistent", "postgres", "postgres", 1000, &e));
	assert_int_equal(e.code, EX_UNAVAILABLE);
}

static void rows_are_copied(void **state)
{
	CLEANUP(pg_closep) struct pg *pg = connect_to("postgres");
	CLEANUP(strlist_free) struct strlist lines = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(pg_copy(pg, "COPY nonsense TO STDOUT", 0, NULL, 5000, &e), -1);
	assert_string_equal(e.text, "postgresql: ERROR:  relation \"nonsense\" does not exist");
	assert_int_equal(pg_copy(pg, "SELECT 1", 0, NULL, 5000, &e), -1);
	assert_int_equal(pg_copy(pg, "COPY (SELECT 1 WHERE false) TO STDOUT", 0, &lines, 5000, &e), 0);
	assert_int_equal(pg_copy(pg, "COPY (VALUES (1, 'a'), (2, E'b\nc')) TO STDOUT", 0, &lines, 5000, &e), 2);
	assert_int_equal(lines.count, 2);
	assert_string_equal(lines.item[0], "1\ta");
	assert_string_equal(lines.item[1], "2\tb\\nc");
	assert_int_equal(pg_copy(pg, "COPY (SELECT i, 1 / (70000 - i) FROM generate_series(1, 99999) i) TO STDOUT", 0, NULL, 9000,
				 &e), -1);
	assert_string_equal(e.text, "postgresql: ERROR:  division by zero");
	assert_int_equal(pg_copy(pg, "COPY (SELECT pg_sleep(9)) TO STDOUT", 0, NULL, 100, &e), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
}

static void quoting(void **state)
{
	CLEANUP(pg_closep) struct pg *pg = connect_to("postgres");
	struct error e = {0};
	CLEANUP(mem_freep) char *name = pg_identifier(pg, "a\"b", &e), *text = pg_literal(pg, "a'b", &e);
	CLEANUP(mem_freep) char *verifier = pg_verifier(pg, "ecs", "secret", &e);

	(void)state;
	assert_string_equal(name, "\"a\"\"b\"");
	assert_string_equal(text, "'a''b'");
	assert_int_equal(strncmp(verifier, "SCRAM-SHA-256$", 14), 0);
}

/* --- the application's database --------------------------------------------------------------------------- */

static struct database ecs = {dir, (char *)(size_t)"ecs"};

static void sql(const char *database, const char *text)
{
	CLEANUP(pg_closep) struct pg *pg = connect_to(database);
	struct error e = {0};

	if (pg_exec(pg, text, 20000, &e) != 0)
		fail_msg("%s", e.text);
}

static void expect(enum database_is wanted, long tables)
{
	enum database_is is;
	struct error e = {0};
	long count = 0;

	if (database_look(&ecs, &is, &count, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(is, wanted);
	assert_int_equal(count, tables);
}

static void a_database_gets_its_name_last(void **state)
{
	struct error e = {0};

	(void)state;
	expect(DATABASE_MISSING, 0);
	assert_int_equal(database_role(&ecs, "one", &e), 0);
	assert_int_equal(database_role(&ecs, "two", &e), 0);
	assert_int_equal(database_make(&ecs, &e), 0);
	sql("ecs_new", "CREATE TABLE a (i int)");
	expect(DATABASE_MISSING, 0);
	assert_int_equal(database_publish(&ecs, &e), 0);
	expect(DATABASE_FILLED, 1);
	assert_int_equal(database_drop_new(&ecs, &e), 0);
	sql("postgres", "DROP DATABASE ecs");
}

static void what_a_killed_run_left_is_made_anew(void **state)
{
	struct error e = {0};

	(void)state;
	assert_int_equal(database_make(&ecs, &e), 0);
	sql("ecs_new", "CREATE TABLE half (i int)");
	assert_int_equal(database_make(&ecs, &e), 0);
	assert_int_equal(database_publish(&ecs, &e), 0);
	expect(DATABASE_EMPTY, 0);
}

static void an_empty_one_steps_aside(void **state)
{
	struct error e = {0};

	(void)state;
	expect(DATABASE_EMPTY, 0);
	assert_int_equal(database_make(&ecs, &e), 0);
	sql("ecs_new", "CREATE TABLE a (i int); CREATE TABLE b (i int)");
	assert_int_equal(database_publish(&ecs, &e), 0);
	expect(DATABASE_FILLED, 2);
	sql("postgres", "CREATE DATABASE ecs_old"); /* fails where the empty one is left */
	sql("postgres", "DROP DATABASE ecs_old");
}

static void one_that_holds_tables_is_never_touched(void **state)
{
	struct error e = {0};

	(void)state;
	expect(DATABASE_FILLED, 2);
	assert_int_equal(database_make(&ecs, &e), 0);
	assert_int_equal(database_publish(&ecs, &e), -1);
	assert_non_null(strstr(e.text, "holds tables"));
	expect(DATABASE_FILLED, 2);
}

static void heads_of_migrations(void **state)
{
	CLEANUP(strlist_free) struct strlist none = {0}, heads = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(migrations_heads(&ecs, &none, &e), 0);
	assert_int_equal(none.count, 0);
	/* one that replaces others begins with their first number, and is applied last */
	sql("ecs", "CREATE TABLE django_migrations (id serial, app text, name text); INSERT INTO django_migrations (app, name) "
		   "VALUES ('core', '0001_initial'), ('core', '0002_more'), ('auth', '0001_initial'), "
		   "('core', '0001_squashed_0002_more')");
	assert_int_equal(migrations_heads(&ecs, &heads, &e), 0);
	assert_int_equal(heads.count, 2);
	assert_string_equal(heads.item[0], "auth.0001_initial");
	assert_string_equal(heads.item[1], "core.0001_squashed_0002_more");
}

/* Whether a truncation gets through within a moment. */
static bool truncates(const char *table)
{
	CLEANUP(pg_closep) struct pg *pg = connect_to("ecs");
	CLEANUP(mem_freep) char *text = mem_format("SET lock_timeout = '300ms'; TRUNCATE %s", table);
	struct error e = {0};

	return pg_exec(pg, text, 20000, &e) == 0;
}

static void what_is_truncated_waits_for_the_count(void **state)
{
	CLEANUP(dump_end) struct dump dump = {0};
	CLEANUP(manifest_head_free) struct manifest_head head = {0};
	struct error e = {0};

	(void)state;
	sql("ecs", "INSERT INTO a SELECT generate_series(1, 7); CREATE TABLE whole (i int) PARTITION BY LIST (i); "
		   "CREATE TABLE part PARTITION OF whole FOR VALUES IN (1); INSERT INTO whole VALUES (1); "
		   "CREATE UNLOGGED TABLE \"U u\" (i int); INSERT INTO \"U u\" VALUES (1), (2); "
		   "CREATE MATERIALIZED VIEW m AS SELECT 1; CREATE VIEW v AS SELECT 1");
	assert_int_equal(dump_lock(&ecs, &dump, &e), 0);
	sql("ecs", "CREATE TABLE late (i int); INSERT INTO late VALUES (1); INSERT INTO a VALUES (8)");
	assert_int_equal(dump_begin(&dump, &e), 0);
	assert_false(truncates("a"));
	assert_false(truncates("late"));
	assert_false(truncates("whole"));
	assert_false(truncates("\"U u\""));
	sql("ecs", "INSERT INTO a VALUES (9); CREATE TABLE later (i int); REFRESH MATERIALIZED VIEW m");
	assert_int_equal(dump_count(&dump, &head, &e), 0);
	assert_int_equal(head.tables, 6); /* a, b, django_migrations, late, part, U u */
	assert_int_equal(head.rows, 8 + 0 + 4 + 1 + 1 + 2);
	dump_end(&dump);
	assert_true(truncates("a, late, whole, \"U u\""));
}

/* The application may call itself as pg_dump does, and wait for a lock of its own. */
static void another_one_of_its_name_does_not_hold_pg_dump_up(void **state)
{
	CLEANUP(dump_end) struct dump dump = {0};
	CLEANUP(pg_closep) struct pg *pg = connect_to("ecs");
	CLEANUP(mem_freep) char *bin = find_bin(), *docker = mem_format("%s/docker", dir), *file = mem_format("%s/dump", dir);
	CLEANUP(mem_freep) char *path = mem_format("%s:%s:/usr/bin:/bin", dir, bin);
	CLEANUP(mem_freep) char *script = mem_format(
		"#!/bin/sh\nshift 4\nexport PGHOST=%s PGUSER=postgres\n"
		"PGAPPNAME=ecs-backup psql -qX ecs -c 'SELECT pg_advisory_lock(7)' >/dev/null 2>&1 &\n"
		"sleep 1\ntimeout 10 \"$@\"\nr=$?\nkill $!\nexit $r\n", dir);
	struct error e = {0};

	(void)state;
	setenv("ECS_PATH", path, 1);
	assert_int_equal(file_write(docker, script, strlen(script), 0755, &e), 0);
	assert_int_equal(pg_exec(pg, "SELECT pg_advisory_lock(7)", 5000, &e), 0);
	assert_int_equal(dump_lock(&ecs, &dump, &e), 0);
	assert_int_equal(dump_begin(&dump, &e), 0);
	if (dump_write(&dump, &ecs, "x", file, &e) != 0)
		fail_msg("%s", e.text);
	unsetenv("ECS_PATH");
}

/* What the owner of a database may do to it, so that others do it for him. */
static void nothing_of_the_applications_runs_as_the_administrator(void **state)
{
	CLEANUP(strlist_free) struct strlist heads = {0};
	CLEANUP(dump_end) struct dump dump = {0};
	struct error e = {0};

	(void)state;
	sql("ecs", "CREATE SCHEMA evil; CREATE TABLE evil.ran (what text); "
		   "CREATE FUNCTION evil.split_part(text, text, int) RETURNS text LANGUAGE sql AS "
		   "$$INSERT INTO evil.ran VALUES ('split_part'); SELECT 'x'$$; "
		   "ALTER TABLE django_migrations RENAME TO hidden; CREATE FUNCTION evil.peep() RETURNS SETOF hidden "
		   "LANGUAGE sql AS $$INSERT INTO evil.ran VALUES ('view'); SELECT * FROM hidden$$; "
		   "CREATE VIEW django_migrations AS SELECT * FROM evil.peep(); "
		   "ALTER DATABASE ecs SET search_path = evil, pg_catalog, public; "
		   "ALTER DATABASE ecs SET lock_timeout = 1");
	assert_int_equal(migrations_heads(&ecs, &heads, &e), -1);
	assert_non_null(strstr(e.text, "is not the table that Django makes"));
	assert_int_equal(dump_lock(&ecs, &dump, &e), 0);
	assert_string_not_equal(dump.version, "x");
	assert_int_equal(dump_begin(&dump, &e), 0);
	dump_end(&dump);
	sql("postgres", "ALTER DATABASE ecs RESET ALL");
	sql("ecs", "DO $$BEGIN ASSERT (SELECT count(*) FROM evil.ran) = 0; END$$");
}

/* Planning a query evaluates what an index is made of, where that can be done beforehand. */
static void no_index_is_evaluated_as_the_administrator(void **state)
{
	CLEANUP(strlist_free) struct strlist heads = {0};
	CLEANUP(dump_end) struct dump dump = {0};
	CLEANUP(manifest_head_free) struct manifest_head head = {0};
	struct error e = {0};

	(void)state;
	sql("ecs", "DROP VIEW django_migrations; ALTER TABLE hidden RENAME TO django_migrations; "
		   "CREATE FUNCTION evil.one() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'; "
		   "CREATE TABLE trap (i int, CHECK (i > evil.one())); CREATE INDEX ON trap ((i + evil.one())); "
		   "CREATE INDEX ON django_migrations ((id + evil.one())); CREATE TABLE bare (); INSERT INTO bare DEFAULT VALUES; "
		   "CREATE OR REPLACE FUNCTION evil.one() RETURNS int IMMUTABLE LANGUAGE plpgsql AS "
		   "$$BEGIN RAISE 'ran as %', current_user; END$$");
	assert_int_equal(migrations_heads(&ecs, &heads, &e), 0);
	assert_int_equal(heads.count, 2);
	assert_int_equal(dump_lock(&ecs, &dump, &e), 0);
	assert_int_equal(dump_begin(&dump, &e), 0);
	if (dump_count(&dump, &head, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(head.tables, 10);
	assert_int_equal(dump_filled(&ecs, &e), 1);
}

static void a_table_of_migrations_without_id_is_told(void **state)
{
	CLEANUP(strlist_free) struct strlist heads = {0};
	struct error e = {0};

	(void)state;
	sql("ecs", "ALTER TABLE django_migrations DROP COLUMN id");
	assert_int_equal(migrations_heads(&ecs, &heads, &e), -1);
	assert_non_null(strstr(e.text, "'public.django_migrations' has no column 'id'"));
	sql("ecs", "ALTER TABLE django_migrations ADD COLUMN id bigserial");
	assert_int_equal(migrations_heads(&ecs, &heads, &e), 0);
	assert_int_equal(heads.count, 2);
}

/* A query of the application's runs as the application: no superuser is behind it whose rights a function could take. */
static void a_query_of_the_applications_has_no_way_to_the_administrator(void **state)
{
	static const char *const ways[] = {"RESET ROLE", "SET ROLE postgres", "SET SESSION AUTHORIZATION postgres",
					   "RESET SESSION AUTHORIZATION"};
	CLEANUP(strlist_free) struct strlist rows = {0};
	struct error e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		CLEANUP(mem_freep) char *function = mem_format(
			"SET ROLE ecs; CREATE OR REPLACE FUNCTION evil.rise() RETURNS text LANGUAGE plpgsql AS "
			"$f$BEGIN %s; COPY (SELECT 1) TO PROGRAM 'true'; RETURN current_user; END$f$", ways[i]);

		sql("ecs", "GRANT ALL ON SCHEMA evil TO ecs");
		sql("ecs", function);
		assert_int_equal(database_ask_as_role(&ecs, "", "SELECT evil.rise()", &rows, &e), -1);
		assert_int_equal(rows.count, 0);
	}
	assert_int_equal(database_ask_as_role(&ecs, "", "SELECT session_user || ' ' || current_user", &rows, &e), 0);
	assert_string_equal(rows.item[0], "ecs ecs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_and_rows),
		cmocka_unit_test(an_error_is_its_first_line_and_the_connection_lives),
		cmocka_unit_test(a_deadline_ends_a_statement),
		cmocka_unit_test(no_server_is_unavailable),
		cmocka_unit_test(rows_are_copied),
		cmocka_unit_test(quoting),
		cmocka_unit_test(a_database_gets_its_name_last),
		cmocka_unit_test(what_a_killed_run_left_is_made_anew),
		cmocka_unit_test(an_empty_one_steps_aside),
		cmocka_unit_test(one_that_holds_tables_is_never_touched),
		cmocka_unit_test(heads_of_migrations),
		cmocka_unit_test(what_is_truncated_waits_for_the_count),
		cmocka_unit_test(another_one_of_its_name_does_not_hold_pg_dump_up),
		cmocka_unit_test(nothing_of_the_applications_runs_as_the_administrator),
		cmocka_unit_test(no_index_is_evaluated_as_the_administrator),
		cmocka_unit_test(a_table_of_migrations_without_id_is_told),
		cmocka_unit_test(a_query_of_the_applications_has_no_way_to_the_administrator),
	};

	return cmocka_run_group_tests_name("pg", tests, start_server, stop_server);
}
