/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "sys/file.h"
#include "sys/mounts.h"
#include "tests/unit/temp.h"

static void options_are_whole_words(void **state)
{
	(void)state;
	assert_true(mounts_option("rw,noatime", "rw"));
	assert_true(mounts_option("rw,noatime", "noatime"));
	assert_true(mounts_option("rw,subvol=/a,ro", "subvol"));
	assert_false(mounts_option("rw,rootcontext=x", "ro"));
	assert_false(mounts_option("nofail", "no"));
	assert_false(mounts_option("x=nofail", "nofail"));
	assert_false(mounts_option("", "rw"));
	assert_false(mounts_option(NULL, "rw"));
}

static void fstab_is_read(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "fstab");
	CLEANUP(mounts_free) struct mounts_table t = {0};
	struct error e = {0};

	assert_int_equal(mounts_read_fstab(path, &t, &e), 0); /* a missing one has none */
	assert_int_equal(t.count, 0);
	temp_put(state, "fstab",
		 "# comment\n\n/dev/vg/a /data/with\\040space ext4 defaults,nofail 0 2\n"
		 "/dev/vg/swap none swap sw 0 0\nLABEL=x\t/data\txfs ro\n");
	assert_int_equal(mounts_read_fstab(path, &t, &e), 0);
	assert_int_equal(t.count, 2);
	assert_string_equal(t.entry[0].target, "/data/with space");
	assert_string_equal(t.entry[0].source, "/dev/vg/a");
	assert_string_equal(t.entry[0].options, "defaults,nofail");
	assert_null(t.entry[0].subroot);
	assert_string_equal(t.entry[1].type, "xfs");
	assert_ptr_equal(mounts_at(&t, "/data"), &t.entry[1]);
}

static void fstab_that_cannot_be_read_is_an_error(void **state)
{
	CLEANUP(mem_freep) char *path = temp_path(state, "fstab/x");
	CLEANUP(mounts_free) struct mounts_table t = {0};
	struct error e = {0};

	temp_put(state, "fstab", "");
	assert_int_equal(mounts_read_fstab(path, &t, &e), -1);
	assert_int_equal(e.code, EX_NOINPUT);
}

static void make_mount(const char *source, const char *target, const char *type, unsigned long flags)
{
	mkdir(target, 0755);
	if (mount(source, target, type, flags, "size=64k") != 0)
		fail_msg("cannot mount on '%s'", target);
}

/* Real mounts: white space in a target, an empty source, one over the other, a folder of another. */
static void mounts_are_seen(void **state)
{
	CLEANUP(mem_freep) char *odd = temp_path(state, "a b\\c\td");
	CLEANUP(mem_freep) char *inner = mem_format("%s/inner", odd);
	CLEANUP(mem_freep) char *bind = temp_path(state, "bind");
	CLEANUP(mem_freep) char *bare = temp_path(state, "bare");
	CLEANUP(mounts_free) struct mounts_table t = {0};
	const struct mounts_entry *m;
	struct error e = {0};

	make_mount("ecs-one", odd, "tmpfs", MS_NOATIME);
	make_mount("ecs-two", odd, "tmpfs", 0);
	mkdir(inner, 0755);
	make_mount(inner, bind, NULL, MS_BIND);
	make_mount("", bare, "tmpfs", MS_RDONLY);
	assert_int_equal(mounts_read(&t, &e), 0);

	m = mounts_at(&t, odd);
	assert_non_null(m);
	assert_string_equal(m->source, "ecs-two"); /* it covers the first */
	assert_string_equal(m->type, "tmpfs");
	assert_string_equal(m->subroot, "/");
	assert_true(mounts_option(m->options, "size"));
	assert_null(mounts_at(&t, inner));

	m = mounts_at(&t, bind);
	assert_non_null(m);
	assert_string_equal(m->subroot, "/inner");

	m = mounts_at(&t, bare);
	assert_non_null(m);
	assert_string_equal(m->source, "");
	assert_string_equal(m->type, "tmpfs");
	assert_true(mounts_option(m->options, "ro"));
}

static void an_empty_table_holds_nothing(void **state)
{
	CLEANUP(mounts_free) struct mounts_table t = {0};

	(void)state;
	assert_null(mounts_at(&t, "/"));
}

static void links_on_the_way_are_followed(void **state)
{
	CLEANUP(mem_freep) char *folder = temp_path(state, "elsewhere");
	CLEANUP(mem_freep) char *place = temp_path(state, "elsewhere/volume");
	CLEANUP(mem_freep) char *link = temp_path(state, "data");
	CLEANUP(mem_freep) char *by_link = temp_path(state, "data/volume");
	CLEANUP(mem_freep) char *missing = temp_path(state, "data/none");
	CLEANUP(mounts_free) struct mounts_table t = {0};
	struct error e = {0};

	assert_int_equal(file_mkdirs(folder, 0755, &e), 0);
	assert_int_equal(symlink("elsewhere", link), 0);
	temp_tiny(state, "elsewhere/volume", "64k");
	assert_int_equal(mounts_read(&t, &e), 0);
	assert_non_null(mounts_at(&t, place));
	assert_ptr_equal(mounts_at(&t, by_link), mounts_at(&t, place));
	assert_null(mounts_at(&t, link));
	assert_null(mounts_at(&t, missing));
	assert_int_equal(umount(place), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_whole_words),
		cmocka_unit_test_setup_teardown(fstab_is_read, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(fstab_that_cannot_be_read_is_an_error, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(mounts_are_seen, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(links_on_the_way_are_followed, temp_make, temp_remove),
		cmocka_unit_test(an_empty_table_holds_nothing),
	};

	if (!temp_namespace()) {
		puts("Bail out! no mount namespace");
		return 1;
	}
	return cmocka_run_group_tests_name("mount", tests, NULL, NULL);
}
