/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/path.h"
#include "appliance/backup/manifest.h"
#include "appliance/backup/strip.h"
#include "appliance/backup/verify.h"
#include "sys/attributes.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/run.h"
#include "sys/tree.h"

static char dir[64];

static char *at(const char *name)
{
	return path_join(dir, name);
}

static void put(const char *name, const char *text)
{
	CLEANUP(mem_freep) char *path = at(name);
	CLEANUP(mem_freep) char *folder = path_dir(path);
	struct error e = {0};

	assert_int_equal(file_mkdirs(folder, 0750, &e), 0);
	assert_int_equal(file_write_quick(path, text, strlen(text), 0640, &e), 0);
}

static void cut_bytes(const char *name, off_t n)
{
	CLEANUP(mem_freep) char *path = at(name);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - n), 0);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/ecs-manifest.XXXXXX");
	assert_non_null(mkdtemp(dir));
	put("tree/ecs-storage-vault/a", "first");
	put("tree/ecs-storage-vault/a.b", "");
	put("tree/ecs-storage-vault/sub/\xc3\xa4 \xff\x01", "bytes");
	put("tree/ecs-storage-vault/sub/line\none\\two\rthree\tfour", "escaped");
	put("tree/ecs-storage-vault/#end", "looks like a comment");
	put("tree/ecs-pgdump/ecs.pgdump.gz", "the dump");
	put("tree/env.yml", "#cloud-config\n");
	CLEANUP(mem_freep) char *link = at("tree/ecs-storage-vault/link");
	assert_int_equal(symlink("to\nsome\twhere", link), 0);
	return 0;
}

static int tear_down(void **state)
{
	struct error e = {0};

	(void)state;
	return file_remove_tree(dir, &e);
}

static void make_head(struct manifest_head *h)
{
	*h = (struct manifest_head){
		.when = clock_now(), .suite = mem_dup("1"), .revision = mem_dup("abc"), .branch = mem_dup("main"),
		.postgres = mem_dup("17.6"), .major = 17, .database = mem_dup("ecs"), .dump = mem_dup("d"),
	};
	strlist_add(&h->heads, "core.0002_x");
	manifest_head_add(h, "public.a", 3);
	manifest_head_add(h, "public.b", 4);
}

/* Writes the manifest of the tree as NAME. */
static struct manifest_totals make(const char *name, const char *last, time_t when)
{
	CLEANUP(mem_freep) char *tree = at("tree"), *path = at(name), *before = last ? at(last) : NULL;
	CLEANUP(manifest_head_free) struct manifest_head head;
	struct manifest_totals totals;
	struct strlist none = {0};
	struct error e = {0};

	make_head(&head);
	if (when)
		head.when = when;
	assert_int_equal(manifest_write(path, &head, &(struct manifest_source){tree, &none, before}, &totals, &e), 0);
	return totals;
}

static struct verify_report compare_with(const char *name, const char *part, const char *tree, bool mend)
{
	CLEANUP(mem_freep) char *path = at(name), *folder = at(tree);
	struct verify_report r = {0};
	struct error e = {0};

	assert_int_equal(verify_compare(&(struct verify){path, part, folder, NULL, mend}, &r, &e), 0);
	verify_sort(&r);
	return r;
}

static struct verify_report compare(const char *name, const char *part, const char *tree)
{
	return compare_with(name, part, tree, false);
}

static void assert_line(const struct verify_report *r, size_t at, const char *line)
{
	CLEANUP(str_free) struct str text = {0};

	assert_true(at < r->count);
	verify_format(&r->item[at], &text);
	assert_string_equal(text.data, line);
}

static void test_order(void **state)
{
	(void)state;
	assert_true(tree_order("a", "a/b") < 0);
	assert_true(tree_order("a/b", "a.b") < 0);
	assert_true(tree_order("a\x01", "a/b") > 0);
	assert_int_equal(tree_order("a/b", "a/b"), 0);
}

static void test_head(void **state)
{
	CLEANUP(mem_freep) char *path = at("manifest");
	CLEANUP(manifest_head_free) struct manifest_head head;
	struct manifest_totals totals;
	struct error e = {0};

	(void)state;
	make("manifest", NULL, 0);
	assert_int_equal(manifest_read(path, &head, &totals, &e), 0);
	assert_int_equal(totals.files, 7);
	assert_int_equal(head.tables, 2);
	assert_int_equal(head.rows, 7);
	assert_string_equal(head.heads.item[0], "core.0002_x");
	assert_string_equal(head.revision, "abc");
	assert_int_equal(head.major, 17);
}

/* sha256sum(1) is the reader that does not know us. */
static void test_by_hand(void **state)
{
	CLEANUP(mem_freep) char *tree = at("tree");
	const char *argv[] = {"sha256sum", "--check", "--strict", "--quiet", "../manifest", NULL};
	struct run_result res;
	struct error e = {0};

	(void)state;
	make("manifest", NULL, 0);
	assert_int_equal(run_check(&(struct run){.argv = argv, .dir = tree}, 0, &res, &e), 0);
	run_free(&res);
	put("tree/ecs-storage-vault/sub/line\none\\two\rthree\tfour", "eScaped");
	assert_int_equal(run_check(&(struct run){.argv = argv, .dir = tree}, 0, &res, &e), -1);
	run_free(&res);
	put("tree/ecs-storage-vault/sub/line\none\\two\rthree\tfour", "escaped");
}

static void test_same(void **state)
{
	struct verify_report r;

	(void)state;
	make("manifest", NULL, 0);
	r = compare("manifest", NULL, "tree");
	assert_int_equal(r.differences, 0);
	assert_int_equal(r.files, 7);
	verify_report_free(&r);
	r = compare("manifest", "ecs-storage-vault", "tree/ecs-storage-vault");
	assert_int_equal(r.differences, 0);
	assert_int_equal(r.files, 5);
	verify_report_free(&r);
}

/* A kind that no manifest records is none that may come in unseen. */
static void test_unknown_kind(void **state)
{
	CLEANUP(mem_freep) char *socket = at("tree/ecs-storage-vault/zz");
	struct verify_report r;

	(void)state;
	make("manifest", NULL, 0);
	assert_int_equal(mknod(socket, S_IFSOCK | 0600, 0), 0);
	r = compare("manifest", NULL, "tree");
	assert_int_equal(r.differences, 1);
	assert_line(&r, 0, "extra: 'ecs-storage-vault/zz'");
	verify_report_free(&r);
}

/* Whoever can write to the target: neither a device nor another user's rights come in with what is fetched. */
static void test_strip(void **state)
{
	static const char root[] = "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0";
	CLEANUP(mem_freep) char *tree = at("tree"), *device = at("tree/ecs-storage-vault/device");
	CLEANUP(mem_freep) char *a = at("tree/ecs-storage-vault/a"), *sub = at("tree/ecs-storage-vault/sub");
	CLEANUP(mem_freep) char *link = at("tree/ecs-storage-vault/out"), *outside = at("outside");
	struct verify_report r = {0};
	struct error e = {0};
	struct stat st;

	(void)state;
	put("outside", "x");
	assert_int_equal(chmod(outside, 04755) | chmod(sub, 02755) | symlink(outside, link), 0);
	if (mknod(device, S_IFCHR | 0666, makedev(1, 3)) != 0 ||
	    setxattr(a, "security.capability", root, sizeof root, 0) != 0 || chmod(a, 06755) != 0)
		skip();
	make("manifest", NULL, 0);
	assert_int_equal(strip_tree(tree, &r, &e), 0);
	assert_int_equal(r.differences, 1);
	assert_line(&r, 0, "extra: 'ecs-storage-vault/device'");
	assert_false(file_exists(device));
	assert_int_equal(stat(a, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(getxattr(a, "security.capability", NULL, 0), -1);
	assert_int_equal(stat(outside, &st), 0);
	assert_int_equal(st.st_mode & 07777, 04755);
	assert_int_equal(stat(sub, &st), 0);
	assert_int_equal(st.st_mode & 07777, 02755);
	verify_report_free(&r);
	r = compare_with("manifest", NULL, "tree", true);
	assert_int_equal(r.differences, 0);
	assert_int_equal(getxattr(a, "security.capability", NULL, 0), -1);
	verify_report_free(&r);
}

/* That a folder had none is recorded, too. */
static void test_attribute_of_folder(void **state)
{
	CLEANUP(mem_freep) char *sub = at("tree/ecs-storage-vault/sub");
	struct verify_report r;

	(void)state;
	make("manifest", NULL, 0);
	if (setxattr(sub, "user.more", "x", 1, 0) != 0)
		skip();
	r = compare("manifest", NULL, "tree");
	assert_int_equal(r.differences, 1);
	assert_line(&r, 0, "attributes: 'ecs-storage-vault/sub' (none in the manifest, user.more=78 in the backup)");
	verify_report_free(&r);
	r = compare_with("manifest", NULL, "tree", true);
	assert_int_equal(r.differences, 0);
	verify_report_free(&r);
}

static void test_drop_capability(void **state)
{
	static const char *const cases[][2] = {
		{"security.capability=01", ""}, {"security.capability=01,user.a=02", "user.a=02"},
		{"security.a=1,security.capability=01", "security.a=1"}, {"security.capability2=01", "security.capability2=01"},
		{"", ""},
	};

	(void)state;
	attributes_drop_capability(NULL);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(mem_freep) char *text = mem_dup(cases[i][0]);

		attributes_drop_capability(text);
		assert_string_equal(text, cases[i][1]);
	}
}

static void test_differences(void **state)
{
	CLEANUP(mem_freep) char *a = at("tree/ecs-storage-vault/a"), *env = at("tree/env.yml");
	CLEANUP(mem_freep) char *b = at("tree/ecs-storage-vault/a.b"), *link = at("tree/ecs-storage-vault/link");
	struct timespec times[2];
	struct verify_report r;
	struct stat st;

	(void)state;
	make("manifest", NULL, 0);
	stat(a, &st);
	put("tree/ecs-storage-vault/a", "fIrst");
	times[0] = times[1] = st.st_mtim;
	utimensat(-1, a, times, 0); /* only the content tells */
	unlink(b);
	put("tree/ecs-storage-vault/zz", "new");
	chmod(env, 0600);
	unlink(link);
	assert_int_equal(symlink("elsewhere", link), 0);
	r = compare("manifest", NULL, "tree");
	assert_int_equal(r.differences, 5);
	assert_int_equal(r.item[0].what, VERIFY_CONTENT); /* the loudest first */
	assert_string_equal(r.item[0].path, "ecs-storage-vault/a");
	assert_line(&r, 1, "missing: 'ecs-storage-vault/a.b'");
	assert_line(&r, 2, "extra: 'ecs-storage-vault/zz'");
	assert_line(&r, 3, "target: 'ecs-storage-vault/link' (to\\nsome\\twhere in the manifest, elsewhere in the backup)");
	assert_line(&r, 4, "mode: 'env.yml' (0640 in the manifest, 0600 in the backup)");
	verify_report_free(&r);
}

/* What backup programs do not keep is set from the manifest; contents are not touched. */
static void test_mend(void **state)
{
	CLEANUP(mem_freep) char *a = at("tree/ecs-storage-vault/a");
	CLEANUP(mem_freep) char *again = at("tree/ecs-storage-vault/sub/again"), *sub = at("tree/ecs-storage-vault/sub");
	CLEANUP(mem_freep) char *to = at("tree/ecs-storage-vault/link");
	struct timespec old[2] = {{-86400, 5}, {-86400, 5}}, far[2] = {{13569465600, 7}, {13569465600, 7}};
	struct verify_report r;
	struct stat st, other;

	(void)state;
	unlink(to);
	assert_int_equal(symlink("to\xff\xfe", to) | linkat(-1, a, -1, again, 0), 0);
	assert_int_equal(utimensat(-1, a, old, 0) | utimensat(-1, sub, far, 0) | chmod(a, 04755), 0);
	make("manifest", NULL, 0);
	unlink(again);
	put("tree/ecs-storage-vault/sub/again", "first");
	unlink(to);
	assert_int_equal(symlink("to", to) | chmod(a, 0600) | chown(a, 1, 2) | utimensat(-1, a, NULL, 0), 0);
	r = compare_with("manifest", NULL, "tree", true);
	assert_int_equal(r.differences, 0);
	assert_int_equal(r.mended, 3);
	verify_report_free(&r);
	stat(a, &st);
	stat(again, &other);
	assert_int_equal(st.st_ino, other.st_ino);
	assert_int_equal(st.st_mtim.tv_sec, -86400);
	assert_int_equal(st.st_mtim.tv_nsec, 5);
	assert_int_equal(st.st_mode & 07777, 0755); /* whoever wrote the backup, it gives nobody a user's rights */
	stat(sub, &st);
	assert_int_equal(st.st_mtim.tv_sec, 13569465600);
	put("tree/ecs-storage-vault/a", "fIrst");
	r = compare_with("manifest", NULL, "tree", true);
	assert_int_equal(r.differences, 1);
	assert_int_equal(r.item[0].what, VERIFY_CONTENT);
	verify_report_free(&r);
}

static void test_reuse(void **state)
{
	CLEANUP(mem_freep) char *a = at("tree/ecs-storage-vault/a");
	struct timespec times[2];
	struct manifest_totals t;
	struct verify_report r;
	struct stat st;

	(void)state;
	t = make("one", NULL, clock_now() + 10);
	assert_int_equal(t.reused, 0);
	t = make("two", "one", clock_now() + 10);
	assert_int_equal(t.reused, t.files);
	/* the same size and time, but changed: the time of the change of the inode gives it away */
	stat(a, &st);
	put("tree/ecs-storage-vault/a", "fIRst");
	times[0] = times[1] = st.st_mtim;
	utimensat(-1, a, times, 0);
	t = make("three", "two", clock_now() + 10);
	assert_int_equal(t.reused, t.files - 1);
	r = compare("three", NULL, "tree");
	assert_int_equal(r.differences, 0);
	verify_report_free(&r);
	/* changed at the instant of the last manifest: nobody knows whether before or after */
	make("four", NULL, clock_now());
	t = make("five", "four", 0);
	assert_int_equal(t.reused, 0);
	/* a damaged one costs time only */
	cut_bytes("four", 30);
	t = make("six", "four", 0);
	assert_int_equal(t.files, 7);
}

static void test_damage(void **state)
{
	CLEANUP(mem_freep) char *path = at("manifest");
	CLEANUP(str_free) struct str whole = {0};
	struct error e = {0};

	(void)state;
	make("manifest", NULL, 0);
	assert_int_equal(file_read(path, 1 << 20, &whole, &e), 0);
	for (size_t n = 0; n < whole.len; n++) { /* cut off anywhere, it is no manifest */
		struct manifest_head head;
		struct manifest_totals totals;

		assert_int_equal(file_write_quick(path, whole.data, n, 0600, &e), 0);
		e.code = 0;
		if (manifest_read(path, &head, &totals, &e) != -1)
			fail_msg("cut off at %zu of %zu it was taken", n, whole.len);
		assert_int_equal(e.code, EX_DATAERR);
		manifest_head_free(&head);
	}
}

/* A path that could not be restored is refused when the manifest is written. */
static void test_deep(void **state)
{
	CLEANUP(mem_freep) char *path = at("manifest"), *tree = at("tree");
	CLEANUP(manifest_head_free) struct manifest_head head;
	CLEANUP(file_closep) int fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct manifest_totals totals;
	struct strlist none = {0};
	struct error e = {0};
	char name[201];

	(void)state;
	memset(name, 'd', 200);
	name[200] = '\0';
	for (int depth = 0; depth < 20; depth++) { /* 20 * 201 bytes */
		int inner;

		assert_int_equal(mkdirat(fd, name, 0700), 0);
		inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = inner;
	}
	make_head(&head);
	assert_int_equal(manifest_write(path, &head, &(struct manifest_source){tree, &none, NULL}, &totals, &e), -1);
	assert_int_equal(e.code, EXIT_FAILED);
	assert_non_null(strstr(e.text, "bytes long: more than 3840 cannot be restored"));
}

static void test_sample(void **state)
{
	CLEANUP(mem_freep) char *path = at("manifest");
	struct manifest_entry got[4];
	struct error e = {0};
	size_t found;

	(void)state;
	make("manifest", NULL, 0);
	for (int turn = 0; turn < 50; turn++) { /* of the five files two have odd names: both come, whatever the chance */
		const struct manifest_sample s = {"ecs-storage-vault", 10, .count = 2, .odd = 2};
		size_t odd = 0;

		assert_int_equal(manifest_sample(path, &s, got, &found, &e), 0);
		assert_int_equal(found, 4);
		for (size_t i = 0; i < found; i++) {
			assert_true(str_begins(got[i].path, "ecs-storage-vault/"));
			assert_true(got[i].size <= 10);
			odd += str_begins(got[i].path, "ecs-storage-vault/sub/");
			for (size_t k = 0; k < i; k++)
				assert_string_not_equal(got[i].path, got[k].path);
		}
		assert_int_equal(odd, 2);
		for (size_t i = 0; i < found; i++)
			manifest_entry_free(&got[i]);
	}
	assert_int_equal(manifest_find(path, "env.yml", &got[0], &e), 0);
	assert_int_equal(got[0].size, 14);
	manifest_entry_free(&got[0]);
	assert_int_equal(manifest_find(path, "env", &got[0], &e), -1);
	assert_int_equal(e.code, EX_NOINPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test_setup_teardown(test_head, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_by_hand, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_same, set_up, tear_down),
		cmocka_unit_test(test_drop_capability),
		cmocka_unit_test_setup_teardown(test_attribute_of_folder, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown_kind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_differences, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mend, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reuse, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deep, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sample, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
