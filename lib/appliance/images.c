/* SPDX-License-Identifier: MIT */
#include "appliance/images.h"

#include <string.h>

#include "adapter/docker/image.h"
#include "adapter/git/git.h"
#include "appliance/appliance.h"
#include "base/names.h"
#include "base/path.h"
#include "sys/file.h"

int images_build(const struct appliance *a, const struct strlist *services, struct error *e)
{
	bool application = false;
	struct error ignored = {0};
	int r;

	for (size_t i = 0; i < services->count; i++)
		application = application || compose_group(services->item[i]) == COMPOSE_APPLICATION;
	if (application && git_export(a->source, a->revision, a->build, e) != 0)
		return -1;
	r = compose_build(&a->compose, services, e);
	file_remove_tree(a->build, &ignored);
	return r;
}

/* The image that was recorded of SERVICE gets its name again, if only that was lost. *THERE: the service has an image. */
static int find_image(const struct appliance *a, const struct compose_service *service, bool *there, struct error *e)
{
	const struct state_service *was = state_find(&a->state, service->name);
	bool recorded = was && a->state.revision && strcmp(a->state.revision, a->revision) == 0;
	CLEANUP(strlist_free) struct strlist names = {0}, ids = {0};

	strlist_add(&names, service->image);
	if (recorded)
		strlist_add(&names, was->image);
	if (docker_image_ids(&names, &ids, e) != 0)
		return -1;
	*there = *ids.item[0] != '\0';
	if (!recorded || *ids.item[1] == '\0' || strcmp(ids.item[0], ids.item[1]) == 0)
		return 0;
	*there = true;
	return docker_image_tag(was->image, service->image, e);
}

/* Builds what SERVICES lack. A service may live on the image that another one builds. */
int images_find(const struct appliance *a, const struct strlist *services, struct error *e)
{
	CLEANUP(strlist_free) struct strlist unbuilt = {0};

	for (size_t i = 0; i < services->count; i++) {
		const struct compose_service *s = compose_find(&a->facts, services->item[i]);
		bool there;

		if (s == NULL)
			return error_set(e, EX_CONFIG, "the compose file has no service '%s'", services->item[i]);
		if (find_image(a, s, &there, e) != 0)
			return -1;
		for (size_t n = 0; !there && n < a->facts.services; n++) {
			const struct compose_service *maker = &a->facts.service[n];

			if (maker->builds && strcmp(maker->image, s->image) == 0 && !strlist_has(&unbuilt, maker->name))
				strlist_add(&unbuilt, maker->name);
		}
	}
	return images_build(a, &unbuilt, e);
}

/* --- volumes of their own --------------------------------------------------------------------------------- */

static bool covers(const struct strlist *mounts, const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	for (size_t i = 0; i < mounts->count; i++)
		if (strncmp(mounts->item[i], path, n) == 0 && strspn(mounts->item[i] + n, "/") == strlen(mounts->item[i] + n))
			return true;
	return false;
}

/* The image chose PATH: nobody shall copy from us what the application wants Compose to do besides. */
static bool is_plain(const char *path)
{
	return path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-")] == '\0';
}

static int refuse_volume(const struct appliance *a, const struct compose_service *s, const char *path, struct error *e)
{
	CLEANUP(mem_freep) char *site = path_root(a->root, NAME_OVERLAYS_DIR), *files = path_root(a->root, NAME_FILES);
	CLEANUP(mem_freep) char *line = mem_format(": for the vault put 'services: {%s: {volumes: [\"%s:%s\"]}}' into a file "
						   "'%s/NAME.yml'", s->name, files, path, site);

	return error_set(e, EX_CONFIG, "the image '%s' of '%s' keeps files in a volume of its own, '%s': they would be lost "
			 "with its container at the next update; remove 'VOLUME' from its Dockerfile, or mount a folder there%s",
			 s->image, s->name, path, is_plain(path) ? line : "");
}

static int check_volumes(const struct appliance *a, const struct compose_service *s, const char *paths, struct error *e)
{
	CLEANUP(strlist_free) struct strlist list = {0};

	strlist_lines(&list, paths);
	for (size_t i = 0; i < list.count; i++)
		if (!covers(&s->mounts, list.item[i]))
			return refuse_volume(a, s, list.item[i], e);
	return 0;
}

int images_check_volumes(const struct appliance *a, struct error *e)
{
	CLEANUP(strlist_free) struct strlist names = {0}, ids = {0}, there = {0}, volumes = {0};

	for (size_t i = 0; i < a->facts.services; i++)
		strlist_add(&names, a->facts.service[i].image);
	if (docker_image_ids(&names, &ids, e) != 0)
		return -1;
	for (size_t i = 0; i < ids.count; i++)
		if (*ids.item[i])
			strlist_add(&there, ids.item[i]);
	if (docker_image_volumes(&there, &volumes, e) != 0)
		return -1;
	for (size_t i = 0, n = 0; i < ids.count; i++)
		if (*ids.item[i] && check_volumes(a, &a->facts.service[i], volumes.item[n++], e) != 0)
			return -1;
	return 0;
}
