/* SPDX-License-Identifier: MIT */
#include "adapter/backup/gpg.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/run.h"

enum { TIMEOUT_MS = 60000, GENERATE_MS = 120000, COLUMNS = 12 };

/* In the configuration, not as options: whoever calls gpg with this home gets the same. */
static const char configuration[] = "batch\nno-tty\nno-greeting\ntrust-model always\n"
				    "pinentry-mode loopback\n"
				    "no-auto-check-trustdb\nno-permission-warning\n";

/* Runs gpg with ARGS on the keyring HOME; R has what else it needs. CODE as in run_check(). */
static int run_gpg(const char *home, const char *const *args, struct run *r, int code, struct run_result *res,
		   struct error *e)
{
	CLEANUP(strlist_free) struct strlist argv = {0};
	CLEANUP(mem_freep) char *variable = mem_format("GNUPGHOME=%s", home);
	const char *env[] = {variable, NULL};

	strlist_add(&argv, "gpg");
	strlist_addv(&argv, args);
	r->argv = strlist_argv(&argv);
	r->env = env;
	return run_check(r, code, res, e);
}

static int call(const struct gpg *g, const char *const *args, const char *input, size_t len,
		struct run_result *res, struct error *e)
{
	struct run r = {.input = input, .input_len = len, .timeout_ms = TIMEOUT_MS};

	return run_gpg(g->home, args, &r, EX_CONFIG, res, e);
}

/* Ends the agent that gpg started in HOME: one that outlives this ends by itself when its folder is gone. */
static void end_agent(const char *home)
{
	static const char *const argv[] = {"gpgconf", "--kill", "gpg-agent", NULL};
	CLEANUP(mem_freep) char *variable = mem_format("GNUPGHOME=%s", home);
	CLEANUP(run_free) struct run_result res = {0};
	const char *env[] = {variable, NULL};
	struct run r = {.argv = argv, .env = env, .timeout_ms = TIMEOUT_MS};
	struct error e = {0};

	if (file_exists(home) && run_command(&r, &res, &e) != 0)
		log_detail("%s", e.text);
}

static void remove_keyring(const char *folder)
{
	struct error e = {0};

	if (file_exists(folder) && file_remove_tree(folder, &e) != 0)
		log_warn("could not remove the keyring: %s", e.text);
}

/* --- the key ------------------------------------------------------------------------------------ */

/* One line of gpg --with-colons, cut into its fields. */
struct record {
	char *text;
	const char *field[COLUMNS + 1];
};

static void cut(struct record *r, const char *line)
{
	char *p = r->text = mem_dup(line);

	for (int i = 0; i <= COLUMNS; i++) {
		r->field[i] = p;
		p += strcspn(p, ":");
		if (*p)
			*p++ = '\0';
	}
}

static void record_free(struct record *r)
{
	free(r->text);
}

static bool is(const struct record *r, const char *type)
{
	return strcmp(r->field[0], type) == 0;
}

/* Fields count from 0 here: 1 validity, 6 expiry, 9 user id or fingerprint, 11 capabilities. */
static time_t expiry(const struct record *r)
{
	return (time_t)atoll(r->field[6]);
}

/* The earlier of two times of which 0 is never. */
static time_t earlier(time_t a, time_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

static void take_primary(struct gpg *g, const struct record *r)
{
	free(g->fingerprint);
	free(g->user);
	g->fingerprint = g->user = NULL;
	g->expires = expiry(r);
	g->encrypts = strchr(r->field[11], 'E') != NULL;
	g->signs = strchr(r->field[11], 'S') != NULL;
	g->signer = strpbrk(r->field[11], "sS") != NULL;
}

/* Reads the list of keys into G: the first that can encrypt, or the first of all. */
static void choose(struct gpg *g, const struct str *list)
{
	CLEANUP(strlist_free) struct strlist lines = {0};
	bool chosen = false; /* what G holds is final once the next key begins */

	strlist_lines(&lines, str_get(list));
	for (size_t i = 0; i < lines.count; i++) {
		CLEANUP(record_free) struct record r = {0};

		cut(&r, lines.item[i]);
		if (is(&r, "pub")) {
			if (g->encrypts)
				return;
			chosen = g->fingerprint == NULL || strchr(r.field[11], 'E') != NULL;
			if (chosen)
				take_primary(g, &r);
		} else if (chosen && is(&r, "fpr") && g->fingerprint == NULL) {
			g->fingerprint = mem_dup(r.field[9]);
		} else if (chosen && is(&r, "uid") && g->user == NULL) {
			g->user = mem_dup(r.field[9]);
		} else if (chosen && is(&r, "sub")) {
			g->signer = g->signer || strchr(r.field[11], 's');
			if (strchr(r.field[11], 'e'))
				g->expires = earlier(g->expires, expiry(&r));
		}
	}
}

static int read_key(struct gpg *g, struct error *e)
{
	static const char *const public[] = {"--with-colons", "--fixed-list-mode", "--list-keys", NULL};
	const char *secret[] = {"--with-colons", "--list-secret-keys", NULL, NULL};
	CLEANUP(run_free) struct run_result keys = {0};
	CLEANUP(run_free) struct run_result secrets = {0};
	struct error none = {0};

	if (call(g, public, NULL, 0, &keys, e) != 0)
		return -1;
	choose(g, &keys.out);
	if (g->fingerprint == NULL)
		return error_set(e, EX_CONFIG, "it contains no key");
	secret[2] = g->fingerprint;
	g->secret = call(g, secret, NULL, 0, &secrets, &none) == 0;
	if (none.code < EXIT_SIGNAL)
		return 0;
	*e = none; /* that there is none was not its answer */
	return -1;
}

/*
 * A folder that nobody had before: an agent of the keyring before this one, of a run that was killed or has just ended,
 * removes its sockets by name when it ends, and would take those of the new agent with it.
 */
static int make_home(struct gpg *g, struct error *e)
{
	CLEANUP(mem_freep) char *conf = NULL, *home = mem_format("%s/XXXXXX", g->folder);

	if (file_exists(g->folder) && file_remove_tree(g->folder, e) != 0)
		return -1;
	if (file_mkdirs(g->folder, 0700, e) != 0)
		return -1;
	if (mkdtemp(home) == NULL)
		return error_errno(e, EX_CANTCREAT, "cannot make a folder in '%s'", g->folder);
	g->home = mem_dup(home);
	conf = path_join(g->home, "gpg.conf");
	return file_write_quick(conf, configuration, sizeof configuration - 1, 0600, e);
}

int gpg_open(const char *folder, const char *armour, struct gpg *g, struct error *e)
{
	static const char *const import[] = {"--no-auto-check-trustdb", "--import", NULL};
	CLEANUP(run_free) struct run_result res = {0};

	*g = (struct gpg){.folder = mem_dup(folder)};
	if (make_home(g, e) == 0 && call(g, import, armour, strlen(armour), &res, e) == 0 &&
	    read_key(g, e) == 0)
		return 0;
	gpg_close(g);
	return error_context(e, "the key of the backup (appliance.backup.encrypt)");
}

void gpg_close(struct gpg *g)
{
	if (g->home)
		end_agent(g->home);
	if (g->folder)
		remove_keyring(g->folder);
	free(g->home);
	free(g->folder);
	free(g->fingerprint);
	free(g->user);
	*g = (struct gpg){0};
}

/* --- use ---------------------------------------------------------------------------------------- */

static int unusable(const struct gpg *g, struct error *e)
{
	char day[CLOCK_TEXT];

	if (g->expires && g->expires <= clock_now())
		return error_set(e, EX_CONFIG,
				 "the key of the backup (%s) expired on %.10s: extend it, and put it into "
				 "appliance.backup.encrypt", g->fingerprint, clock_text(g->expires, day));
	return error_set(e, EX_CONFIG, "cannot encrypt to the key of the backup (%s): it is revoked, "
			 "disabled, or for signing only", g->fingerprint);
}

int gpg_prove(const struct gpg *g, struct error *e)
{
	static const char text[] = "can this be read again?";
	static const char *const decrypt[] = {"--decrypt", NULL};
	const char *encrypt[] = {"--recipient", g->fingerprint, "--encrypt", NULL};
	CLEANUP(run_free) struct run_result sealed = {0};
	CLEANUP(run_free) struct run_result opened = {0};

	if (!g->encrypts)
		return unusable(g, e);
	if (call(g, encrypt, text, sizeof text, &sealed, e) != 0)
		return error_context(e, "the key of the backup (%s)", g->fingerprint);
	if (!g->secret)
		return 0;
	if (call(g, decrypt, sealed.out.data, sealed.out.len, &opened, e) != 0 ||
	    opened.out.len != sizeof text || memcmp(opened.out.data, text, sizeof text) != 0)
		return error_set(e, EX_CONFIG,
				 "the key of the backup (%s) does not decrypt: it must have no passphrase",
				 g->fingerprint);
	return 0;
}

int gpg_sign(const struct gpg *g, const char *path, const char *signature, struct error *e)
{
	const char *args[] = {"--yes", "--local-user", g->fingerprint, "--detach-sign",
			      "--output", signature, path, NULL};
	CLEANUP(run_free) struct run_result res = {0};

	return call(g, args, NULL, 0, &res, e);
}

/* gpg exits 0 for a good signature of any key in the ring, and in ours there is no other. */
int gpg_verify(const struct gpg *g, const char *path, const char *signature, struct error *e)
{
	const char *args[] = {"--verify", signature, path, NULL};
	CLEANUP(run_free) struct run_result res = {0};

	if (call(g, args, NULL, 0, &res, e) == 0)
		return 0;
	if (e->code < EXIT_SIGNAL)
		e->code = EX_DATAERR;
	return error_context(e, "the signature of '%s'", path);
}

/* --- new keys ----------------------------------------------------------------------------------- */

static int generate(const char *home, const char *const *words, const char *input, struct str *out, struct error *e)
{
	static const char *const begin[] = {"--batch", "--no-tty", "--quiet", NULL};
	CLEANUP(strlist_free) struct strlist args = {0};
	CLEANUP(run_free) struct run_result res = {0};
	struct run r = {.input = input, .input_len = strlen(input), .timeout_ms = GENERATE_MS};

	strlist_addv(&args, begin);
	strlist_addv(&args, words);
	if (run_gpg(home, strlist_argv(&args), &r, 0, &res, e) != 0)
		return -1;
	str_addn(out, str_get(&res.out), res.out.len);
	return 0;
}

/* "… KEY_CREATED P FINGERPRINT" among the lines of --status-fd. */
static char *find_fingerprint(const char *status)
{
	static const char mark[] = "KEY_CREATED P ";
	const char *at = strstr(status, mark);

	return at ? mem_dupn(at + strlen(mark), strspn(at + strlen(mark), "0123456789ABCDEF")) : NULL;
}

static int make_key(const char *home, const char *name, struct str *armour, struct error *e)
{
	static const char *const words[] = {"--status-fd", "1", "--generate-key", NULL};
	CLEANUP(mem_freep) char *parameters = mem_format(
		"%%no-protection\nKey-Type: RSA\nKey-Length: 3072\nKey-Usage: sign,encrypt\n"
		"Name-Real: %s\nExpire-Date: 0\n%%commit\n", name);
	CLEANUP(mem_freep) char *fingerprint = NULL;
	CLEANUP(str_free) struct str status = {0};

	if (generate(home, words, parameters, &status, e) != 0)
		return -1;
	fingerprint = find_fingerprint(str_get(&status));
	if (fingerprint == NULL)
		return error_set(e, EXIT_FAILED, "gpg printed no fingerprint");
	return generate(home, (const char *[]){"--armor", "--export-secret-keys", fingerprint, NULL}, "", armour, e);
}

int gpg_make_key(const char *name, struct str *armour, struct error *e)
{
	char home[] = "/tmp/ecs-gpg.XXXXXX"; /* short: the agent's socket lies in it */
	int rc;

	if (mkdtemp(home) == NULL)
		return error_errno(e, EX_CANTCREAT, "cannot make a folder in '/tmp'");
	rc = make_key(home, name, armour, e);
	end_agent(home);
	remove_keyring(home);
	return rc;
}
