/* SPDX-License-Identifier: MIT */
#include "env/schema.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "base/str.h"

#define SECRET SCHEMA_SECRET
#define PENDING SCHEMA_PENDING

enum {
	SECONDS_MAX = 1000000, /* as milliseconds they fit into a 32-bit long */
	MEGABYTES_MAX = 100000
};

static const struct schema_key keys[] = {
	{"ssh_authorized_keys", SCHEMA_LINES, 0, "",
	 "SSH keys that may log in; applied by cloud-init", NULL},
	{"ssh_deprecated_keys", SCHEMA_LINES, PENDING, "",
	 "SSH keys that may no longer log in", NULL},
	{"disable_root", SCHEMA_BOOL, 0, "true",
	 "forbid logins as root; applied by cloud-init", NULL},

	{"appliance.standby", SCHEMA_BOOL, 0, "false",
	 "start nothing", NULL},
	{"appliance.domain", SCHEMA_DOMAIN, 0, "localhost",
	 "host name of the site", NULL},
	{"appliance.allowed_hosts", SCHEMA_HOSTS, 0, "",
	 "host names that the site answers to; if none is given, the domain", NULL},
	{"appliance.base", SCHEMA_WORD, 0, "debian:trixie-slim",
	 "image that all images are built on", NULL},
	{"appliance.ports.http", SCHEMA_PORT, 0, "80",
	 "where nginx listens for HTTP: PORT, ADDRESS:PORT or [ADDRESS]:PORT", NULL},
	{"appliance.ports.https", SCHEMA_PORT, 0, "443",
	 "where nginx listens for HTTPS: PORT, ADDRESS:PORT or [ADDRESS]:PORT", NULL},
	{"appliance.upload_max", SCHEMA_MEGABYTES, 0, "200",
	 "the largest request, and so the largest file, that a visitor may send; meanwhile it is kept on disk, in the application's TMPDIR", NULL},
	{"appliance.ssl.letsencrypt.enabled", SCHEMA_BOOL, PENDING, "true",
	 "get certificates from Let's Encrypt", NULL},
	{"appliance.ssl.client_certs_mandatory", SCHEMA_BOOL, 0, "false",
	 "refuse clients without a certificate", NULL},
	{"appliance.ssl.client_cert_paths", SCHEMA_PATHS, 0, "",
	 "paths that need a client certificate; if certificates are mandatory and no path is given, all paths", NULL},
	{"appliance.ssl.client_ca", SCHEMA_TEXT, 0, "",
	 "certificate authority that signs the clients' certificates, PEM", NULL},
	{"appliance.ssl.key", SCHEMA_TEXT, SECRET, "",
	 "private key of the site, PEM", NULL},
	{"appliance.ssl.cert", SCHEMA_TEXT, 0, "",
	 "certificate of the site and its chain, PEM", NULL},
	{"appliance.sentry.dsn", SCHEMA_TEXT, SECRET | PENDING, "",
	 "address that errors of the appliance are reported to", NULL},
	{"appliance.metric.exporter", SCHEMA_BOOL, PENDING, "false",
	 "export metrics", NULL},
	{"appliance.metric.server", SCHEMA_BOOL, PENDING, "false",
	 "run a Prometheus server", NULL},
	{"appliance.metric.gui", SCHEMA_BOOL, PENDING, "false",
	 "run a Grafana server", NULL},
	{"appliance.metric.pghero", SCHEMA_BOOL, PENDING, "false",
	 "run PgHero", NULL},
	{"appliance.git.branch", SCHEMA_WORD, PENDING, "master",
	 "branch of these tools to update to", NULL},
	{"appliance.git.source", SCHEMA_WORD, PENDING,
	 "https://github.com/ecs-org/ecs-appliance.git", "repository of these tools", NULL},
	{"appliance.git.commitid", SCHEMA_WORD, PENDING, "",
	 "commit of these tools to stay at", NULL},
	{"appliance.extra.files[].path", SCHEMA_TEXT, PENDING, "",
	 "a file to write", NULL},
	{"appliance.extra.files[].contents", SCHEMA_TEXT, SECRET | PENDING, "",
	 "its contents", NULL},
	{"appliance.extra.files[].owner", SCHEMA_TEXT, PENDING, "root:root",
	 "its owner and group", NULL},
	{"appliance.extra.files[].permissions", SCHEMA_TEXT, PENDING, "0600",
	 "its mode, octal", NULL},
	{"appliance.extra.packages", SCHEMA_WORDS, PENDING, "",
	 "Debian packages to install", NULL},
	{"appliance.update.automatic", SCHEMA_BOOL, PENDING, "true",
	 "update daily", NULL},
	{"appliance.update.oncalendar", SCHEMA_TEXT, PENDING, "*-*-* 06:30:00",
	 "when to update, in the form of systemd.time(7)", NULL},
	{"appliance.storage.setup", SCHEMA_TEXT, PENDING, "",
	 "older appliance: how volumes are made", NULL},
	{"appliance.storage.ignore.volatile", SCHEMA_BOOL, PENDING, "false",
	 "older appliance: do without its volatile volume", NULL},
	{"appliance.storage.ignore.data", SCHEMA_BOOL, PENDING, "false",
	 "older appliance: do without its data volume", NULL},
	{"appliance.dkim.key", SCHEMA_TEXT, SECRET | PENDING, "",
	 "private key that signs mail, PEM", NULL},
	{"appliance.backup.url", SCHEMA_TEXT, SECRET, "",
	 "target of the backups: a URL of duplicity, or restic:REPOSITORY", NULL},
	{"appliance.backup.options", SCHEMA_TEXT, SECRET, "",
	 "more options for the backup program", NULL},
	{"appliance.backup.encrypt", SCHEMA_TEXT, SECRET, "",
	 "for duplicity a GPG private key, ASCII armour; for restic the password of the repository", NULL},
	{"appliance.backup.ping", SCHEMA_TEXT, SECRET, "",
	 "URL to fetch after each good backup", NULL},
	{"appliance.backup.idle", SCHEMA_SECONDS, 0, "1800",
	 "how long the backup program may be idle before it is stopped", NULL},
	{"appliance.backup.mount.type", SCHEMA_WORD, 0, "",
	 "type of a file system to mount for the backup", NULL},
	{"appliance.backup.mount.source", SCHEMA_TEXT, 0, "",
	 "what to mount", NULL},
	{"appliance.backup.mount.target", SCHEMA_TEXT, 0, "",
	 "where to mount it", NULL},
	{"appliance.backup.mount.options", SCHEMA_TEXT, SECRET, "",
	 "its mount options", NULL},

	{"ecs.git.branch", SCHEMA_WORD, 0, "stable",
	 "branch of the application to run", NULL},
	{"ecs.git.source", SCHEMA_WORD, 0, "https://github.com/ecs-org/ecs.git",
	 "repository of the application", NULL},
	{"ecs.git.commitid", SCHEMA_WORD, 0, "",
	 "commit of the application to run, and to stay at", NULL},
	{"ecs.database", SCHEMA_NAME, 0, "ecs",
	 "name of the database", NULL},
	{"ecs.migrate.auto", SCHEMA_BOOL, 0, "true",
	 "migrate the database on an update or a start that needs it", NULL},
	{"ecs.userswitcher.enabled", SCHEMA_BOOL, 0, "false",
	 "let visitors become any user; for tests only", NULL},
	{"ecs.userswitcher.parameter", SCHEMA_TEXT, 0, "-it",
	 "parameters for setting up the userswitcher", NULL},
	{"ecs.settings", SCHEMA_TEXT, SECRET, "",
	 "Python code that the application executes", NULL},
	{"ecs.secret_key", SCHEMA_TEXT, SECRET, "",
	 "Django's SECRET_KEY", NULL},
	{"ecs.vault_encrypt", SCHEMA_TEXT, SECRET, "",
	 "GPG private key that encrypts the vault, ASCII armour", NULL},
	{"ecs.vault_sign", SCHEMA_TEXT, SECRET, "",
	 "GPG private key that signs the documents in the vault, ASCII armour", NULL},
	{"ecs.recover.from_backup", SCHEMA_BOOL, 0, "false",
	 "fill an empty database and vault from the backup", NULL},
	{"ecs.recover.accept_differences", SCHEMA_BOOL, 0, "false",
	 "fill them even if the backup differs from its manifest, or the manifest is not signed", NULL},
	{"ecs.recover.from_dump", SCHEMA_BOOL, 0, "false",
	 "fill an empty database from a dump", NULL},
	{"ecs.recover.dump_filename", SCHEMA_TEXT, 0, "",
	 "path of that dump, or its name in /data/ecs-pgdump; if none is given, ecs.pgdump.gz", NULL},

	{"appliance.recover.from_backup", SCHEMA_BOOL, 0, "false",
	 "another place for it", "ecs.recover.from_backup"},
	{"appliance.recover.accept_differences", SCHEMA_BOOL, 0, "false",
	 "another place for it", "ecs.recover.accept_differences"},
	{"appliance.recover.from_dump", SCHEMA_BOOL, 0, "false",
	 "another place for it", "ecs.recover.from_dump"},
	{"appliance.recover.dump_filename", SCHEMA_TEXT, 0, "",
	 "another place for it", "ecs.recover.dump_filename"},
	{"recover.from_backup", SCHEMA_BOOL, 0, "false",
	 "another place for it", "ecs.recover.from_backup"},
	{"recover.accept_differences", SCHEMA_BOOL, 0, "false",
	 "another place for it", "ecs.recover.accept_differences"},
	{"recover.from_dump", SCHEMA_BOOL, 0, "false",
	 "another place for it", "ecs.recover.from_dump"},
	{"recover.dump_filename", SCHEMA_TEXT, 0, "",
	 "another place for it", "ecs.recover.dump_filename"},
	{NULL, SCHEMA_TEXT, 0, NULL, NULL, NULL},
};

const struct schema_key *schema_keys(void)
{
	return keys;
}

enum schema_place schema_place(const char *name, const struct schema_key **key)
{
	size_t n = strlen(name);

	for (const struct schema_key *k = keys; k->name; k++) {
		const char *rest = k->name + n;

		if (strncmp(k->name, name, n) != 0)
			continue;
		if (*rest == '\0') {
			*key = k;
			return SCHEMA_KEY;
		}
		if (*rest == '.')
			return SCHEMA_MAP;
		if (*rest == '[')
			return SCHEMA_LIST;
	}
	return SCHEMA_UNKNOWN;
}

const struct schema_key *schema_find(const char *name)
{
	const struct schema_key *key = NULL;

	return schema_place(name, &key) == SCHEMA_KEY ? key : NULL;
}

const char *schema_type_name(enum schema_type type)
{
	static const char *const names[] = {
		[SCHEMA_TEXT] = "a text",
		[SCHEMA_WORD] = "a text without white space",
		[SCHEMA_BOOL] = "a boolean",
		[SCHEMA_DOMAIN] = "a host name",
		[SCHEMA_NAME] = "a name of letters, digits, '_' and '-'",
		[SCHEMA_PORT] = "a port, or an address and a port",
		[SCHEMA_SECONDS] = "a number of seconds",
		[SCHEMA_MEGABYTES] = "a number of megabytes",
		[SCHEMA_HOSTS] = "a list of host names",
		[SCHEMA_PATHS] = "a list of absolute paths",
		[SCHEMA_WORDS] = "a list of words",
		[SCHEMA_LINES] = "a list of texts",
	};

	return names[type];
}

static bool consists_of(const char *text, const char *more)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && strchr(more, *text) == NULL)
			return false;
	return true;
}

/* 127.0.0.1, or [::1] with its brackets. */
static bool is_address(const char *text)
{
	size_t n = strlen(text);
	CLEANUP(mem_freep) char *inner = n > 2 ? mem_dupn(text + 1, n - 2) : NULL;
	struct in6_addr v6;
	struct in_addr v4;

	if (inner && text[0] == '[' && text[n - 1] == ']')
		return inet_pton(AF_INET6, inner, &v6) == 1;
	return inet_pton(AF_INET, text, &v4) == 1;
}

/* ADDRESS:PORT or PORT, as Compose publishes it. */
static bool is_port(const char *text)
{
	const char *colon = strrchr(text, ':');
	unsigned long long port;

	if (colon) {
		CLEANUP(mem_freep) char *address = mem_dupn(text, (size_t)(colon - text));

		if (!is_address(address))
			return false;
		text = colon + 1;
	}
	return str_number(text, 65535, &port) && port > 0;
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(text, *words) == 0)
			return true;
	return false;
}

bool schema_true(const char *text)
{
	static const char *const words[] = {"true", "yes", "on", "1", NULL};

	return is_one_of(text, words);
}

static bool schema_false(const char *text)
{
	static const char *const words[] = {"false", "no", "off", "0", NULL};

	return is_one_of(text, words);
}

bool schema_value_ok(enum schema_type type, const char *text)
{
	unsigned long long number;

	if (*text == '\0')
		return true; /* as good as missing */
	switch (type) {
	case SCHEMA_TEXT:
	case SCHEMA_LINES:
		return true;
	case SCHEMA_WORD:
	case SCHEMA_WORDS:
		return text[0] != '-' && text[strcspn(text, " \t\r\n\v\f")] == '\0';
	case SCHEMA_BOOL:
		return schema_true(text) || schema_false(text);
	case SCHEMA_DOMAIN:
		return strlen(text) < 254 && isalnum((unsigned char)text[0]) &&
		       consists_of(text, "-._");
	case SCHEMA_HOSTS:
		return strlen(text) < 254 && text[0] != '-' && consists_of(text, "-._*:[]");
	case SCHEMA_NAME:
		return path_is_name(text) && text[0] != '-';
	case SCHEMA_PORT:
		return is_port(text);
	case SCHEMA_SECONDS:
		return str_number(text, SECONDS_MAX, &number) && number > 0;
	case SCHEMA_MEGABYTES:
		return str_number(text, MEGABYTES_MAX, &number) && number > 0;
	case SCHEMA_PATHS:
		return text[0] == '/' && consists_of(text, "/-._~%+@");
	}
	return false;
}

size_t schema_word(enum schema_type type, const char **text)
{
	const char *ends = type == SCHEMA_LINES ? "\r\n" : " \t\r\n,";

	*text += strspn(*text, type == SCHEMA_LINES ? " \t\r\n" : ends);
	return strcspn(*text, ends);
}

/* --- from a variable back to its key ---------------------------------------------------------- */

static bool variable_matches(const char *key, const char *v, bool *len)
{
	*len = false;
	while (*key) {
		if (key[0] == '[') {
			size_t digits = strspn(v + (*v == '_'), "0123456789");

			if (strcmp(v, "_LEN") == 0) {
				*len = true;
				return true;
			}
			if (*v != '_' || digits == 0)
				return false;
			v += 1 + digits;
			key += 2;
		} else if (*v == (*key == '.' ? '_' : toupper((unsigned char)*key))) {
			key++;
			v++;
		} else {
			return false;
		}
	}
	if (strcmp(v, "_LEN") == 0)
		*len = true;
	return *v == '\0' || *len ||
	       (*v == '_' && v[1] && v[1 + strspn(v + 1, "0123456789")] == '\0');
}

const struct schema_key *schema_of_variable(const char *variable, bool *len)
{
	for (const struct schema_key *k = keys; k->name; k++)
		if (variable_matches(k->name, variable, len))
			return k;
	return NULL;
}
