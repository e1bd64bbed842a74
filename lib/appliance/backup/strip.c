/* SPDX-License-Identifier: MIT */
#include "appliance/backup/strip.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "sys/attributes.h"
#include "sys/tree.h"

struct strip {
	struct verify_report *report;
	long long files;
};

static int strip_device(const struct strip *s, const struct tree_item *item, struct error *e)
{
	if (unlinkat(item->dir, item->name, 0) != 0)
		return error_errno(e, EX_IOERR, "cannot remove the device '%s'", item->path);
	log_warn("'%s' is a device: it is not restored", item->path);
	if (s->report)
		verify_add(s->report, VERIFY_EXTRA, item->path, NULL, NULL);
	return 0;
}

static int strip_item(void *arg, const struct tree_item *item, struct error *e)
{
	struct strip *s = arg;
	mode_t mode = item->st->st_mode;
	int had;

	if (S_ISBLK(mode) || S_ISCHR(mode))
		return strip_device(s, item, e);
	if (!S_ISREG(mode))
		return 0;
	had = attributes_remove_capability(item, e);
	if (had < 0)
		return -1;
	if (mode & (S_ISUID | S_ISGID)) {
		/* never a link: the walk has looked, and nobody else changes this tree */
		if (fchmodat(item->dir, item->name, mode & 01777, 0) != 0)
			return error_errno(e, EX_IOERR, "cannot change the mode of '%s'", item->path);
		had = 1;
	}
	s->files += had;
	return 0;
}

int strip_tree(const char *tree, struct verify_report *report, struct error *e)
{
	struct strip s = {.report = report};

	if (tree_walk(tree, NULL, strip_item, &s, e) != 0)
		return -1;
	if (s.files)
		log_warn("%lld %s setuid, setgid or a capability: these are not restored", s.files,
			 s.files == 1 ? "file had" : "files had");
	return 0;
}
