/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapter/git/git.h"
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

/* --- what a repository could do to us ---------------------------------------------------------------- */

static void put_in(const char *folder, const char *name, const char *text, unsigned mode)
{
	CLEANUP(mem_freep) char *path = mem_format("%s/%s", folder, name);
	struct error e;

	assert_int_equal(file_write(path, text, strlen(text), mode, &e), 0);
}

static bool is_there(const char *name)
{
	CLEANUP(mem_freep) char *path = mem_format("%s/%s", dir, name);

	return file_exists(path);
}

static void clone_as(const char *name, char **clone)
{
	struct error e = {0};

	*clone = mem_format("%s/%s", dir, name);
	if (git_clone(source, NULL, "/nonexistent", *clone, &e) != 0)
		fail_msg("%s", e.text);
}

static void commit_all(const char *what)
{
	git((const char *[]){"add", "-A", NULL});
	git((const char *[]){"commit", "-qm", what, NULL});
}

/* A kill during fetch, move or export leaves locks; the next run takes them away, for none works there. */
static void locks_of_a_killed_git_are_removed(void **state)
{
	CLEANUP(mem_freep) char *clone = NULL, *to = mem_format("%s/locked", dir), *head = NULL;
	struct error e = {0};

	(void)state;
	clone_as("locks", &clone);
	put_in(dir, "locked.index.lock", "", 0600);
	if (git_export(clone, "HEAD", to, &e) != 0)
		fail_msg("%s", e.text);
	expect_file("locked/a", "two\n");
	put("a", "three\n");
	git((const char *[]){"commit", "-qam", "three", NULL});
	put_in(clone, ".git/index.lock", "", 0644);
	put_in(clone, ".git/refs/remotes/origin/stable.lock", "", 0644);
	put_in(clone, ".git/packed-refs.lock", "", 0644);
	if (git_fetch(clone, NULL, &e) != 0)
		fail_msg("%s", e.text);
	assert_false(is_there("locks/.git/index.lock") || is_there("locks/.git/packed-refs.lock") ||
		     is_there("locks/.git/refs/remotes/origin/stable.lock") || is_there("locked.index.lock"));
	head = git_commit(clone, "refs/remotes/origin/stable", &e);
	put_in(clone, ".git/index.lock", "", 0644);
	put_in(clone, ".git/HEAD.lock", "", 0644);
	if (git_move(clone, "stable", head, &e) != 0)
		fail_msg("%s", e.text);
	expect_file("locks/a", "three\n");
}

/* An administrator's own git works there: its lock stays. */
static void a_lock_in_use_stays(void **state)
{
	CLEANUP(mem_freep) char *clone = NULL;
	struct error e = {0};
	int in[2];
	pid_t pid;

	(void)state;
	clone_as("busy", &clone);
	put_in(clone, ".git/index.lock", "", 0644);
	assert_int_equal(pipe(in), 0);
	pid = fork();
	if (pid == 0) {
		if (dup2(in[0], 0) < 0 || chdir(clone) != 0)
			_exit(1);
		close(in[0]);
		close(in[1]);
		execlp("git", "git", "cat-file", "--batch", (char *)NULL);
		_exit(1);
	}
	close(in[0]);
	usleep(300000);
	assert_int_equal(git_unlock(clone, &e), -1);
	assert_int_equal(e.code, EX_TEMPFAIL);
	assert_non_null(strstr(e.text, "index.lock"));
	assert_non_null(strstr(e.text, "is working in"));
	assert_true(is_there("busy/.git/index.lock"));
	close(in[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(git_unlock(clone, &e), 0);
	assert_false(is_there("busy/.git/index.lock"));
}

/* git-worktree(1): its .git is a file, and the locks are elsewhere. */
static void locks_of_a_worktree_are_found(void **state)
{
	CLEANUP(mem_freep) char *clone = NULL, *tree = mem_format("%s/tree", dir);
	struct error e = {0};

	(void)state;
	clone_as("trunk", &clone);
	char *repository = source;
	source = clone;
	git((const char *[]){"worktree", "add", "-q", "--detach", tree, NULL});
	source = repository;
	put_in(clone, ".git/worktrees/tree/index.lock", "", 0644);
	put_in(clone, ".git/packed-refs.lock", "", 0644);
	if (git_move(tree, "", "r1", &e) != 0)
		fail_msg("%s", e.text);
	assert_false(is_there("trunk/.git/worktrees/tree/index.lock") || is_there("trunk/.git/packed-refs.lock"));
	expect_file("tree/a", "one\n");
}

/* A fetch that was killed leaves as much as it had received. */
static void what_a_killed_fetch_received_goes(void **state)
{
	CLEANUP(mem_freep) char *clone = NULL;
	struct error e = {0};

	(void)state;
	clone_as("received", &clone);
	put_in(clone, ".git/objects/pack/tmp_pack_a1B2c3", "PACK", 0444);
	put_in(clone, ".git/objects/pack/tmp_idx_a1B2c3", "", 0444);
	assert_int_equal(git_fetch(clone, NULL, &e), 0);
	assert_false(is_there("received/.git/objects/pack/tmp_pack_a1B2c3") ||
		     is_there("received/.git/objects/pack/tmp_idx_a1B2c3"));
}

static void modes_do_not_hang_on_the_umask(void **state)
{
	CLEANUP(mem_freep) char *clone = NULL, *to = mem_format("%s/modes", dir), *file = mem_format("%s/run", to);
	CLEANUP(mem_freep) char *inner = mem_format("%s/sub", to), *other = mem_format("%s/sub/b", to);
	CLEANUP(mem_freep) char *sub = mem_format("%s/sub", source);
	mode_t before = umask(022);
	struct error e = {0};
	struct stat st;

	(void)state;
	assert_int_equal(file_mkdirs(sub, 0755, &e), 0);
	put_in(source, "run", "#!/bin/sh\n", 0755);
	put_in(source, "sub/b", "b\n", 0644);
	commit_all("modes");
	umask(077);
	clone_as("masked", &clone);
	assert_int_equal(git_export(clone, "HEAD", to, &e), 0);
	umask(before);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	assert_int_equal(stat(inner, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
}

static char *read_file(const char *folder, const char *name)
{
	CLEANUP(mem_freep) char *path = mem_format("%s/%s", folder, name);
	CLEANUP(str_free) struct str text = {0};
	struct error e = {0};

	return file_exists(path) && file_read(path, 10000, &text, &e) == 0 ? mem_dup(str_get(&text)) : mem_dup("none");
}

static void expect_text(const char *folder, const char *name, const char *wanted)
{
	CLEANUP(mem_freep) char *text = read_file(folder, name);

	assert_string_equal(text, wanted);
}

/* The login of what is followed is kept until another source is accepted, and none stays that nothing needs. */
static void a_login_follows_the_source(void **state)
{
	CLEANUP(mem_freep) char *clone = NULL, *secret = mem_format("%s/login", dir), *moved = mem_format("%s/moved", dir);
	CLEANUP(mem_freep) char *head = NULL, *now = NULL;
	struct error e = {0};

	(void)state;
	clone_as("following", &clone);
	head = git_commit(clone, "HEAD", &e);
	assert_int_equal(git_login("https://me:first@localhost/x.git", secret, &e), 0);
	/* nobody listens there */
	assert_int_equal(git_follow(clone, "http://me:second@127.0.0.1:1/y.git", secret, head, &e), -1);
	assert_int_equal(e.code, EX_UNAVAILABLE);
	expect_text(dir, "login", "https://me:first@localhost/x.git\n");
	expect_text(dir, "login.new", "none");
	git((const char *[]){"init", "-q", "--bare", moved, NULL});
	assert_int_equal(git_follow(clone, moved, secret, head, &e), 0); /* it does not hold what runs */
	expect_text(dir, "login", "https://me:first@localhost/x.git\n");
	git((const char *[]){"push", "-q", moved, "stable", NULL});
	assert_int_equal(git_follow(clone, moved, secret, head, &e), 1);
	expect_text(dir, "login", "none");
	now = git_source(clone, &e);
	assert_string_equal(now, moved);
	assert_int_equal(git_login("https://me:third@localhost/x.git", secret, &e), 0);
	assert_int_equal(git_login("https://localhost/x.git", secret, &e), 0);
	expect_text(dir, "login", "none");
}

/* tests/fake/git-http.py, which serves DIR to "me" with the password "pass"; its port is put into PORT. */
static pid_t serve(char port[16])
{
	CLEANUP(mem_freep) char *script = mem_format("%s/tests/fake/git-http.py", getenv("ECS_SOURCE_DIR"));
	int out[2];
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* with a test that fails */
		dup2(out[1], 1);
		execlp("python3", "python3", script, dir, "me:pass", (char *)NULL);
		_exit(1);
	}
	close(out[1]);
	ssize_t n = read(out[0], port, 15);
	port[n > 0 ? n : 0] = '\0';
	port[strcspn(port, "\n")] = '\0';
	close(out[0]);
	return pid;
}

/* The password comes from our file, not from a program that the repository names; nor is the tree elsewhere. */
static void a_configuration_names_no_program_and_no_folder(void **state)
{
	CLEANUP(mem_freep) char *clone = NULL, *script = mem_format("#!/bin/sh\ntouch %s/ran\n", dir);
	CLEANUP(mem_freep) char *evil = mem_format("%s/helper", dir), *elsewhere = mem_format("%s/elsewhere", dir);
	CLEANUP(mem_freep) char *served = mem_format("%s/served", dir), *secret = mem_format("%s/kept", dir);
	CLEANUP(mem_freep) char *url = NULL, *helper = NULL, *head = NULL;
	char *repository = source, port[16];
	pid_t server = serve(port);
	struct error e = {0};

	(void)state;
	clone_as("named", &clone);
	git((const char *[]){"clone", "-q", "--bare", ".", served, NULL});
	put_in(dir, "helper", script, 0755);
	assert_int_equal(file_mkdirs(elsewhere, 0755, &e), 0);
	url = mem_format("http://me:pass@127.0.0.1:%s/served", port);
	helper = mem_format("credential.http://127.0.0.1:%s.helper", port);
	source = served;
	git((const char *[]){"update-server-info", NULL});
	source = clone;
	git((const char *[]){"config", "core.askPass", evil, NULL});
	git((const char *[]){"config", "core.gitProxy", evil, NULL});
	git((const char *[]){"config", "credential.helper", evil, NULL});
	git((const char *[]){"config", helper, evil, NULL});
	git((const char *[]){"config", "gc.recentObjectsHook", evil, NULL});
	git((const char *[]){"config", "diff.x.textconv", evil, NULL});
	git((const char *[]){"config", "core.worktree", elsewhere, NULL});
	put_in(clone, ".git/info/attributes", "* diff=x\n", 0644);
	source = repository;
	head = git_commit(clone, "HEAD", &e);
	assert_int_equal(git_is_dirty(clone, &e), 0);
	assert_int_equal(git_follow(clone, url, secret, head, &e), 1);
	assert_int_equal(git_fetch(clone, secret, &e), 0);
	assert_int_equal(git_fetch(clone, NULL, &e), -1); /* and nothing else knows the password */
	assert_int_equal(git_follow(clone, "git://127.0.0.1/x.git", secret, head, &e), -1);
	assert_int_equal(git_move(clone, "", "r1", &e), 0);
	expect_text(clone, "a", "one\n");
	assert_int_equal(file_dir_empty(elsewhere, &e), 1);
	assert_false(is_there("ran"));
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

/* Hooks, file system monitors, filters: named by the repository's own configuration, all would run as root. */
static void nothing_of_the_repository_runs(void **state)
{
	CLEANUP(mem_freep) char *clone = NULL, *script = mem_format("#!/bin/sh\ntouch %s/ran\ncat\n", dir), *head = NULL;
	CLEANUP(mem_freep) char *evil = mem_format("%s/evil", dir), *hooks = NULL;
	CLEANUP(mem_freep) char *to = mem_format("%s/harmless", dir);
	char *repository = source;
	static const char *const hook[] = {"post-checkout", "reference-transaction", "post-merge", "post-index-change"};
	struct error e = {0};

	(void)state;
	clone_as("hooked", &clone);
	put_in(dir, "evil", script, 0755);
	put("a", "four\n");
	git((const char *[]){"commit", "-qam", "four", NULL});
	hooks = mem_format("%s/.git/hooks", clone);
	assert_int_equal(file_mkdirs(hooks, 0755, &e), 0);
	for (size_t i = 0; i < sizeof hook / sizeof *hook; i++)
		put_in(hooks, hook[i], script, 0755);
	source = clone;
	git((const char *[]){"config", "core.fsmonitor", evil, NULL});
	git((const char *[]){"config", "core.sshCommand", evil, NULL});
	git((const char *[]){"config", "filter.x.smudge", evil, NULL});
	git((const char *[]){"config", "filter.x.clean", evil, NULL});
	git((const char *[]){"config", "filter.x.required", "true", NULL});
	git((const char *[]){"config", "remote.origin.uploadpack", evil, NULL});
	put_in(clone, ".git/info/attributes", "* filter=x\n", 0644);
	put_in(clone, "a", "five\n", 0644);
	source = repository;
	if (git_fetch(clone, NULL, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(git_is_dirty(clone, &e), 1);
	put_in(clone, "a", "two\n", 0644);
	head = git_commit(clone, "refs/remotes/origin/stable", &e);
	git_move(clone, "stable", head, &e);
	git_export(clone, "HEAD", to, &e);
	assert_false(is_there("ran"));
}

/* A clone of one branch by hand finds the others too. */
static void a_clone_of_one_branch_finds_all(void **state)
{
	CLEANUP(mem_freep) char *clone = mem_format("%s/single", dir), *other = NULL;
	struct error e = {0};

	(void)state;
	git((const char *[]){"clone", "--quiet", "--single-branch", ".", clone, NULL});
	git((const char *[]){"branch", "other", NULL});
	assert_int_equal(git_fetch(clone, NULL, &e), 0);
	other = git_commit(clone, "refs/remotes/origin/other", &e);
	assert_non_null(other);
}

/* --- what no build would get -------------------------------------------------------------------------- */

static void a_pointer_is_not_content(void **state)
{
	CLEANUP(mem_freep) char *to = mem_format("%s/pointers", dir), *sub = mem_format("%s/docs", source);
	struct error e = {0};

	(void)state;
	assert_int_equal(git_check_whole(source, "HEAD", &e), 0);
	assert_int_equal(file_mkdirs(sub, 0755, &e), 0);
	put_in(source, "docs/.gitattributes", "*.pdf filter=lfs diff=lfs merge=lfs -text\n*.txt -filter\n", 0644);
	put_in(source, "docs/one.txt", "text\n", 0644);
	commit_all("attributes");
	if (git_check_whole(source, "HEAD", &e) != 0) /* no file has it yet */
		fail_msg("%s", e.text);
	put_in(source, "docs/form.pdf", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", 0644);
	commit_all("a pointer");
	assert_int_equal(git_check_whole(source, "HEAD", &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_non_null(strstr(e.text, "the file 'docs/form.pdf' has its content elsewhere"));
	assert_int_equal(git_export(source, "HEAD", to, &e), -1);
	assert_int_equal(e.code, EX_DATAERR);
	assert_false(is_there("pointers/docs/form.pdf"));
	assert_int_equal(git_export(source, "HEAD~1", to, &e), 0);
}

/* Not the last line, "Aborting", but what is wrong, with the file's name. */
static void a_reason_names_the_file(void **state)
{
	CLEANUP(mem_freep) char *clone = NULL;
	struct error e = {0};

	(void)state;
	clone_as("reason", &clone);
	put_in(clone, "a", "mine\n", 0644);
	assert_int_equal(git_move(clone, "", "r1", &e), -1);
	assert_non_null(strstr(e.text, "would be overwritten by checkout"));
	assert_non_null(strstr(e.text, "; a"));
	assert_null(strstr(e.text, "Aborting"));
}

static void a_password_may_hold_an_at_sign(void **state)
{
	CLEANUP(mem_freep) char *shown = git_public_url("https://me:p@ss@git.example.org/x@y.git");

	(void)state;
	assert_string_equal(shown, "https://git.example.org/x@y.git");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clone_is_whole),
		cmocka_unit_test(a_clone_that_fails_leaves_nothing),
		cmocka_unit_test(no_such_commit),
		cmocka_unit_test(an_export_is_the_commit_not_the_checkout),
		cmocka_unit_test(a_password_stays_out_of_the_configuration),
		cmocka_unit_test(locks_of_a_killed_git_are_removed),
		cmocka_unit_test(a_lock_in_use_stays),
		cmocka_unit_test(modes_do_not_hang_on_the_umask),
		cmocka_unit_test(locks_of_a_worktree_are_found),
		cmocka_unit_test(what_a_killed_fetch_received_goes),
		cmocka_unit_test(a_login_follows_the_source),
		cmocka_unit_test(a_configuration_names_no_program_and_no_folder),
		cmocka_unit_test(nothing_of_the_repository_runs),
		cmocka_unit_test(a_clone_of_one_branch_finds_all),
		cmocka_unit_test(a_pointer_is_not_content),
		cmocka_unit_test(a_reason_names_the_file),
		cmocka_unit_test(a_password_may_hold_an_at_sign),
	};

	return cmocka_run_group_tests_name("git", tests, make_source, remove_all);
}
