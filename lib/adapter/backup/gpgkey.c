/* SPDX-License-Identifier: MIT */
#include "adapter/backup/gpgkey.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sys/file.h"
#include "sys/run.h"

enum { TIMEOUT_MS = 120000 };

static int gpg(const char *home, const char *const *args, const char *input, struct str *out,
	       struct error *e)
{
	static const char *const begin[] = {"gpg", "--batch", "--no-tty", "--quiet", NULL};
	CLEANUP(mem_freep) char *variable = mem_format("GNUPGHOME=%s", home);
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(run_free) struct run_result res = {0};
	const char *env[] = {variable, NULL};
	struct run r = {
		.env = env, .input = input, .input_len = strlen(input), .timeout_ms = TIMEOUT_MS};

	strlist_addv(&argv, begin);
	strlist_addv(&argv, args);
	r.argv = strlist_argv(&argv);
	if (run_check(&r, 0, &res, e) != 0)
		return -1;
	str_addn(out, str_get(&res.out), res.out.len);
	return 0;
}

/* "… KEY_CREATED P FINGERPRINT" among the lines of --status-fd. */
static char *fingerprint_of(const char *status)
{
	static const char mark[] = "KEY_CREATED P ";
	const char *at = strstr(status, mark);

	return at ? mem_dupn(at + strlen(mark), strspn(at + strlen(mark), "0123456789ABCDEF"))
		  : NULL;
}

static int make(const char *home, const char *name, struct str *armour, struct error *e)
{
	static const char *const generate[] = {"--status-fd", "1", "--generate-key", NULL};
	CLEANUP(mem_freep) char *parameters = mem_format(
		"%%no-protection\nKey-Type: RSA\nKey-Length: 3072\nKey-Usage: sign,encrypt\n"
		"Name-Real: %s\nExpire-Date: 0\n%%commit\n",
		name);
	CLEANUP(mem_freep) char *fingerprint = NULL;
	CLEANUP(str_free) struct str status = {0};

	if (gpg(home, generate, parameters, &status, e) != 0)
		return -1;
	fingerprint = fingerprint_of(str_get(&status));
	if (fingerprint == NULL)
		return error_set(e, EXIT_FAILED, "gpg tells no fingerprint");
	return gpg(home, (const char *[]){"--armor", "--export-secret-keys", fingerprint, NULL}, "",
		   armour, e);
}

/* Ends the agent that gpg started, and removes the keyring. */
static void throw_away(const char *home)
{
	static const char *const argv[] = {"gpgconf", "--kill", "gpg-agent", NULL};
	CLEANUP(mem_freep) char *variable = mem_format("GNUPGHOME=%s", home);
	CLEANUP(run_free) struct run_result res = {0};
	const char *env[] = {variable, NULL};
	struct run r = {.argv = argv, .env = env, .timeout_ms = TIMEOUT_MS};
	struct error e = {0};

	if (run_command(&r, &res, &e) != 0)
		log_detail("%s", e.text); /* without its folder the agent ends by itself */
	if (file_remove_tree(home, &e) != 0)
		log_warn("a keyring stays behind: %s", e.text);
}

int gpg_make_key(const char *name, struct str *armour, struct error *e)
{
	char home[] = "/tmp/ecs-gpg.XXXXXX"; /* short: the agent's socket lies in it */
	int rc;

	if (mkdtemp(home) == NULL)
		return error_errno(e, EX_CANTCREAT, "cannot make a folder in '/tmp'");
	rc = make(home, name, armour, e);
	throw_away(home);
	return rc;
}
