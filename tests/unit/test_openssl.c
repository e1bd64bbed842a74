/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <string.h>

#include "adapter/openssl.h"

static void a_pair_serves_its_names(void **state)
{
	CLEANUP(strlist_free) struct strlist aliases = {0};
	CLEANUP(str_free) struct str key = {0}, cert = {0};
	struct error e = {0};

	(void)state;
	strlist_add(&aliases, "b.example");
	strlist_add(&aliases, "*.c.example");
	assert_int_equal(openssl_self_signed("a.example", &aliases, 10, &key, &cert, &e), 0);
	assert_int_equal(openssl_fits(cert.data, "a.example", 0, &e), 0);
	assert_int_equal(openssl_fits(cert.data, "b.example", 86400, &e), 0);
	assert_int_equal(openssl_fits(cert.data, "x.c.example", 0, &e), 0);
	assert_int_equal(openssl_fits(cert.data, "d.example", 0, &e), -1);
	assert_string_equal(e.text, "the certificate is not for 'd.example'");
	assert_int_equal(openssl_fits(cert.data, "a.example", 11 * 86400, &e), -1);
	assert_string_equal(e.text, "the certificate is about to expire");
	assert_int_equal(e.code, EX_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_serves_its_names),
	};

	return cmocka_run_group_tests_name("openssl", tests, NULL, NULL);
}
