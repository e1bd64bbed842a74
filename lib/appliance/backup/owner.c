/* SPDX-License-Identifier: MIT */
#include "appliance/backup/owner.h"

#include <stdlib.h>
#include <string.h>

#include "adapter/backup/driver.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/file.h"
#include "sys/random.h"
#include "wrap/digest.h"
#include "wrap/json.h"

enum { OWNER_MAX = 1 << 16, RANDOM_BYTES = 32 };

static char *new_id(struct error *e)
{
	CLEANUP(str_free) struct str secret = {0};
	char digest[DIGEST_TEXT];

	if (random_secret(RANDOM_BYTES, &secret, e) != 0)
		return NULL;
	digest_sha256(secret.data, secret.len, digest);
	return mem_dupn(digest, DRIVER_ID);
}

static int make_ids(struct owner *o, struct error *e)
{
	o->appliance = new_id(e);
	o->machine = new_id(e);
	o->target = mem_dup("");
	return o->appliance && o->machine ? 0 : -1;
}

int owner_read(const char *root, struct owner *o, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_BACKUP_OWNER);
	CLEANUP(str_free) struct str text = {0};
	CLEANUP(jv_deletep) struct json *j = NULL;
	const char *appliance, *machine, *target;

	*o = (struct owner){0};
	if (!file_exists(path))
		return make_ids(o, e);
	if (file_read(path, OWNER_MAX, &text, e) != 0)
		return -1;
	j = jv_parse(str_get(&text), text.len, path, e);
	appliance = jv_get_text(j, "appliance");
	machine = jv_get_text(j, "machine");
	target = jv_get_text(j, "target");
	if (!appliance || !machine || !driver_is_id(appliance) || !driver_is_id(machine))
		return error_set(e, EX_CONFIG, "'%s' has no valid appliance id", path);
	o->appliance = mem_dup(appliance);
	o->machine = mem_dup(machine);
	o->target = mem_dup(target ? target : "");
	return 0;
}

int owner_check(const char *root, const char *target, const char *appliance, const char *domain, struct error *e)
{
	CLEANUP(owner_free) struct owner o = {0};

	if (owner_read(root, &o, e) != 0) {
		e->code = EX_DATAERR; /* a record that is damaged, too, must not keep the backup from being restored */
		return -1;
	}
	if (*appliance == '\0' || strcmp(o.target, target) != 0 || strcmp(o.appliance, appliance) == 0)
		return 0;
	return error_set(e, EX_DATAERR, "the backup belongs to another appliance, %s ('%.200s'), though this machine stores its "
			 "own there", appliance, domain);
}

int owner_write(const char *root, const struct owner *o, struct error *e)
{
	CLEANUP(mem_freep) char *path = path_root(root, NAME_BACKUP_OWNER);
	CLEANUP(mem_freep) char *dir = path_dir(path);
	CLEANUP(jv_deletep) struct json *j = jv_object();
	CLEANUP(str_free) struct str text = {0};

	jv_set_text(j, "appliance", o->appliance);
	jv_set_text(j, "machine", o->machine);
	jv_set_text(j, "target", o->target);
	jv_write(j, 1, &text);
	str_addc(&text, '\n');
	if (file_mkdirs(dir, 0700, e) != 0)
		return -1;
	return file_write(path, text.data, text.len, 0600, e);
}

void owner_free(struct owner *o)
{
	free(o->appliance);
	free(o->machine);
	free(o->target);
	*o = (struct owner){0};
}
