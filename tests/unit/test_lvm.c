/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <string.h>

#include "adapter/lvm/lvm.h"
#include "adapter/lvm/report.h"

/* As lvs of LVM 2.03.31 prints it: a thin volume with a snapshot, its pool, a classic one with two. */
static const char recorded[] =
	"  {\n"
	"      \"report\": [\n"
	"          {\n"
	"              \"lv\": [\n"
#define ROW(name, path, type, attr, pool, origin, tags, size, data, meta) \
	"{\"vg_name\":\"data\", \"lv_name\":\"" name "\", \"lv_path\":\"" path "\", " \
	"\"lv_dm_path\":\"/dev/mapper/data-" name "\", \"segtype\":\"" type "\", \"lv_attr\":\"" attr "\", " \
	"\"pool_lv\":\"" pool "\", \"origin\":\"" origin "\", \"lv_tags\":\"" tags "\", " \
	"\"lv_size\":\"" size "\", \"lv_time\":\"1764000000\", \"vg_free\":\"98779004928\", " \
	"\"vg_extent_size\":\"4194304\", \"data_percent\":\"" data "\", \"metadata_percent\":\"" meta "\"}"
	ROW("pool", "", "thin-pool", "twi-aotz--", "", "", "", "6442450944", "1.56", "11.23") ","
	ROW("ecs-files", "/dev/data/ecs-files", "thin", "Vwi-aotz--", "pool", "", "", "2147483648", "2.34", "") ","
	ROW("ecs-files_A", "/dev/data/ecs-files_A", "thin", "Vri---tz-k", "pool", "ecs-files",
	    "ecs.expires=1764604800,other", "2147483648", "", "") ","
	ROW("old", "/dev/data/old", "linear", "owi-aos---", "", "", "", "2147483648", "", "") ","
	ROW("old_A", "/dev/data/old_A", "linear", "sri-a-s---", "", "old", "", "432013312", "0.05", "") ","
	ROW("old_B", "/dev/data/old_B", "linear", "swi-I-s---", "", "old", "", "432013312", "100.00", "")
	"              ]\n"
	"          }\n"
	"      ]\n"
	"      ,\n"
	"      \"log\": [\n"
	"      ]\n"
	"  }\n";

static void test_parse(void **state)
{
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	struct error e = {0};
	const struct lvm_lv *lv;

	(void)state;
	assert_int_equal(lvm_parse(recorded, strlen(recorded), &r, &e), 0);
	assert_int_equal(r.count, 6);
	lv = &r.item[0];
	assert_string_equal(lv->type, "thin-pool");
	assert_int_equal(lv->size, 6442450944);
	assert_true(lv->data > 1.5 && lv->data < 1.6);
	assert_true(lv->metadata > 11 && lv->metadata < 12);
	lv = &r.item[2];
	assert_string_equal(lv->group, "data");
	assert_string_equal(lv->name, "ecs-files_A");
	assert_string_equal(lv->pool, "pool");
	assert_string_equal(lv->origin, "ecs-files");
	assert_int_equal(lv->created, 1764000000);
	assert_int_equal(lv->extent, 4194304);
	assert_true(lv->data < 0);
	assert_int_equal(lvm_expires(lv), 1764604800);
	assert_true(lvm_has_tag(lv, "other"));
	assert_false(lvm_has_tag(lv, "oth"));
	assert_false(lvm_has_tag(lv, "others"));
	assert_false(lvm_has_tag(lv, LVM_EXPIRES));
	assert_false(lvm_has_tag(&r.item[1], "other"));
	assert_false(lvm_is_writable(lv));
	assert_false(lvm_is_active(lv));
	assert_int_equal(lvm_expires(&r.item[1]), 0);
	assert_true(lvm_is_writable(&r.item[1]));
	assert_false(lvm_is_broken(&r.item[4]));
	assert_true(lvm_is_active(&r.item[4]));
	assert_true(lvm_is_broken(&r.item[5]));
}

static void test_no_report(void **state)
{
	static const char *const texts[] = {"", "{", "{}", "[]", "{\"report\":[]}", "{\"report\":[{\"vg\":[]}]}"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		CLEANUP(lvm_report_free) struct lvm_report r = {0};
		struct error e = {0};

		assert_int_equal(lvm_parse(texts[i], strlen(texts[i]), &r, &e), -1);
		assert_int_equal(e.code, EX_SOFTWARE);
		assert_non_null(strstr(e.text, "lvs"));
	}
}

/* A row without the fields that were asked for is one that nothing matches, not a crash. */
static void test_bare_row(void **state)
{
	static const char text[] = "{\"report\":[{\"lv\":[{},{\"lv_name\":7,\"lv_attr\":\"V\"}]}]}";
	CLEANUP(lvm_report_free) struct lvm_report r = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(lvm_parse(text, strlen(text), &r, &e), 0);
	assert_int_equal(r.count, 2);
	assert_string_equal(r.item[1].name, "");
	assert_false(lvm_is_writable(&r.item[1]));
	assert_false(lvm_is_broken(&r.item[1]));
	assert_int_equal(lvm_expires(&r.item[1]), 0);
}

static void test_snapshot_size(void **state)
{
	const long long mib = 1 << 20, extent = 4 * mib;

	(void)state;
	assert_int_equal(lvm_snapshot_size(1000 * mib, 10000 * mib, extent), 200 * mib);
	assert_int_equal(lvm_snapshot_size(1000 * mib, 202 * mib, extent), 100 * mib);
	assert_int_equal(lvm_snapshot_size(1000 * mib, 40 * mib, extent), 20 * mib);
	assert_int_equal(lvm_snapshot_size(1000 * mib, 36 * mib, extent), -1);
	assert_int_equal(lvm_snapshot_size(1000 * mib, 0, extent), -1);
	assert_int_equal(lvm_snapshot_size(4 * mib, 8 * mib, extent), 4 * mib);
	assert_int_equal(lvm_snapshot_size(4 * mib, 4 * mib, extent), -1);
	assert_int_equal(lvm_snapshot_size(0, 0, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_no_report),
		cmocka_unit_test(test_bare_row),
		cmocka_unit_test(test_snapshot_size),
	};

	return cmocka_run_group_tests_name("lvm", tests, NULL, NULL);
}
