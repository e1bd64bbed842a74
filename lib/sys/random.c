/* SPDX-License-Identifier: MIT */
#include "sys/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/base64.h"

int random_secret(size_t n, struct str *out, struct error *e)
{
	CLEANUP(mem_freep) unsigned char *bytes = mem_alloc(n);
	size_t have = 0;

	while (have < n) {
		ssize_t got = getrandom(bytes + have, n - have, 0);

		if (got < 0 && errno != EINTR)
			return error_errno(e, EX_OSERR, "cannot get random numbers");
		if (got > 0)
			have += (size_t)got;
	}
	base64_encode(bytes, n, out);
	explicit_bzero(bytes, n);
	return 0;
}
