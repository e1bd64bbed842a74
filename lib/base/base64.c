/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool base64_decode(const char *text, size_t len, struct str *out)
{
	unsigned bits = 0, digits = 0, padding = 0;

	for (size_t i = 0; i < len; i++) {
		const char *digit = text[i] ? strchr(alphabet, text[i]) : NULL;

		if (text[i] && strchr(" \t\r\n", text[i]))
			continue;
		if (text[i] == '=' && digits % 4 >= 2 && padding < 2) {
			padding++;
			continue;
		}
		if (digit == NULL || padding)
			return false;
		bits = bits << 6 | (unsigned)(digit - alphabet);
		digits++;
		if (digits % 4 == 0)
			str_addn(out, (char[]){(char)(bits >> 16), (char)(bits >> 8), (char)bits},
				 3);
	}
	if (digits % 4 == 2)
		str_addc(out, (char)(bits >> 4));
	else if (digits % 4 == 3)
		str_addn(out, (char[]){(char)(bits >> 10), (char)(bits >> 2)}, 2);
	return digits % 4 != 1 && (padding == 0 || (digits + padding) % 4 == 0);
}

void base64_encode(const void *data, size_t len, struct str *out)
{
	const unsigned char *p = data;

	for (; len >= 3; p += 3, len -= 3) {
		str_addc(out, alphabet[p[0] >> 2]);
		str_addc(out, alphabet[(p[0] & 3) << 4 | p[1] >> 4]);
		str_addc(out, alphabet[(p[1] & 15) << 2 | p[2] >> 6]);
		str_addc(out, alphabet[p[2] & 63]);
	}
	if (len == 0)
		return;
	str_addc(out, alphabet[p[0] >> 2]);
	str_addc(out, alphabet[(p[0] & 3) << 4 | (len > 1 ? p[1] >> 4 : 0)]);
	str_addc(out, len > 1 ? alphabet[(p[1] & 15) << 2] : '=');
	str_addc(out, '=');
}
