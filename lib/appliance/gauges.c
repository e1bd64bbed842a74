/* SPDX-License-Identifier: MIT */
#include "appliance/gauges.h"

#include "base/exposition.h"
#include "base/log.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/file.h"

void gauges_write(const char *root, const char *file, const struct gauge *g, size_t count)
{
	CLEANUP(mem_freep) char *dir = path_root(root, NAME_METRICS_DIR);
	CLEANUP(mem_freep) char *path = path_join(dir, file);
	CLEANUP(str_free) struct str text = {0};
	struct error e = {0};

	for (size_t i = 0; i < count; i++)
		exposition_gauge(&text, g[i].name, g[i].help, g[i].value);
	if (file_mkdirs(dir, 0755, &e) != 0 || file_write_quick(path, text.data, text.len, 0644, &e) != 0)
		log_warn("cannot write the metrics: %s", e.text);
}
