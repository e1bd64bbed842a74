/* SPDX-License-Identifier: MIT */
#include "wrap/library.h"

#include <dlfcn.h>
#include <string.h>

int library_load(const char *soname, const struct library_symbol *symbols, bool *loaded, struct error *e)
{
	void *library = *loaded ? NULL : dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (*loaded)
		return 0;
	if (library == NULL)
		return error_set(e, EX_UNAVAILABLE, "cannot load '%s': %s", soname, dlerror());
	for (const struct library_symbol *s = symbols; s->name; s++) {
		void *address = dlsym(library, s->name);

		if (address == NULL)
			return error_set(e, EX_UNAVAILABLE, "'%s' has no '%s'", soname, s->name);
		/* ISO C has no cast from data to function */
		memcpy(s->slot, &address, sizeof address);
	}
	*loaded = true;
	return 0;
}
