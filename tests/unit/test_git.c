/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapter/git.h"
#include "sys/file.h"
#include "sys/run.h"

static char dir[] = "/tmp/test_git.XXXXXX";
static char *source;

static void git(const char *const *words)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};
	struct error e = {0};

	strlist_addv(&argv, (const char *[]){"git", "-C", source, "-c", "user.name=t", "-c", "user.email=t@t", NULL});
	strlist_addv(&argv, words);
	if (run_check(&(struct run){.argv = strlist_argv(&argv)}, 0, &res, &e) != 0)
		fail_msg("%s", e.text);
}

static void put(const char *name, const char *text)
{
	CLEANUP(mem_freep) char *path = mem_format("%s/%s", source, name);
	struct error e;

	assert_int_equal(file_write(path, text, strlen(text), 0644, &e), 0);
}

static int make_source(void **state)
{
	struct error e;

	(void)state;
	source = mem_format("%s/source", mkdtemp(dir));
	if (file_mkdirs(source, 0755, &e) != 0)
		return -1;
	git((const char *[]){"init", "-q", "-b", "stable", NULL});
	put("a", "one\n");
	git((const char *[]){"add", "a", NULL});
	git((const char *[]){"commit", "-qm", "one", NULL});
	git((const char *[]){"tag", "r1", NULL});
	put("a", "two\n");
	git((const char *[]){"commit", "-qam", "two", NULL});
	return 0;
}

static int remove_all(void **state)
{
	struct error e;

	(void)state;
	free(source);
	return file_remove_tree(dir, &e);
}

static void expect_file(const char *name, const char *wanted)
{
	CLEANUP(mem_freep) char *path = mem_format("%s/%s", dir, name);
	CLEANUP(str_free) struct str text = {0};
	struct error e = {0};

	if (file_read(path, 1000, &text, &e) != 0)
		fail_msg("%s", e.text);
	assert_string_equal(str_get(&text), wanted);
}

static void a_clone_is_whole(void **state)
{
	CLEANUP(mem_freep) char *clone = mem_format("%s/clone", dir), *secret = mem_format("%s/secret", dir);
	CLEANUP(mem_freep) char *branch = NULL, *head = NULL, *tag = NULL;
	struct error e = {0};

	(void)state;
	if (git_clone(source, NULL, secret, clone, &e) != 0)
		fail_msg("%s", e.text);
	expect_file("clone/a", "two\n");
	branch = git_branch(clone, &e);
	assert_string_equal(branch, "stable");
	head = git_commit(clone, "HEAD", &e);
	tag = git_commit(clone, "r1", &e);
	assert_int_equal(strlen(head), 40);
	assert_string_not_equal(head, tag);
	assert_false(file_exists(secret));
}

static void a_clone_that_fails_leaves_nothing(void **state)
{
	CLEANUP(mem_freep) char *clone = mem_format("%s/none", dir), *new = mem_format("%s/none.new", dir);
	struct error e = {0};

	(void)state;
	assert_int_equal(git_clone("/nonexistent", NULL, "/nonexistent", clone, &e), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
	assert_int_equal(git_clone(source, "no-such-branch", "/nonexistent", clone, &e), -1);
	assert_int_equal(e.code, EX_NOINPUT);
	assert_false(file_exists(clone));
	assert_false(file_exists(new));
}

static void no_such_commit(void **state)
{
	struct error e = {0};

	(void)state;
	assert_null(git_commit(source, "no-such", &e));
	assert_int_equal(e.code, EX_NOINPUT);
	assert_null(git_commit(source, "--help", &e));
}

static void an_export_is_the_commit_not_the_checkout(void **state)
{
	CLEANUP(mem_freep) char *to = mem_format("%s/export", dir), *git_dir = mem_format("%s/export/.git", dir);
	struct error e = {0};

	(void)state;
	put("a", "dirty\n");
	put("secret", "not committed\n");
	assert_int_equal(git_export(source, "r1", to, &e), 0);
	expect_file("export/a", "one\n");
	expect_file("source/a", "dirty\n");
	assert_int_equal(git_export(source, "HEAD", to, &e), 0);
	expect_file("export/a", "two\n");
	assert_false(file_exists(git_dir));
	git_dir = (free(git_dir), mem_format("%s/export/secret", dir));
	assert_false(file_exists(git_dir));
	assert_int_equal(git_export(source, "no-such", to, &e), -1);
}

/* User and password of the URL go to a file of their own, for git's own credential helper. */
static void a_password_stays_out_of_the_configuration(void **state)
{
	CLEANUP(mem_freep) char *clone = mem_format("%s/private", dir), *secret = mem_format("%s/secret", dir);
	struct error e = {0};
	struct stat st;

	(void)state;
	/* nobody listens there: only the file is looked at */
	assert_int_equal(git_clone("http://me:pass@127.0.0.1:1/x.git", "main", secret, clone, &e), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
	assert_null(strstr(e.text, "pass"));
	expect_file("secret", "http://me:pass@127.0.0.1:1/x.git\n");
	assert_int_equal(stat(secret, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clone_is_whole),
		cmocka_unit_test(a_clone_that_fails_leaves_nothing),
		cmocka_unit_test(no_such_commit),
		cmocka_unit_test(an_export_is_the_commit_not_the_checkout),
		cmocka_unit_test(a_password_stays_out_of_the_configuration),
	};

	return cmocka_run_group_tests_name("git", tests, make_source, remove_all);
}
