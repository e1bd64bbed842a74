/* SPDX-License-Identifier: MIT */
/*
 * User-data as clouds hand it over: plain, gzipped, in base64 (as Hetzner's), or the text/cloud-config part of a MIME
 * multipart.
 */
#ifndef ENV_USERDATA_H
#define ENV_USERDATA_H

#include "base/error.h"
#include "base/str.h"

enum { ENV_MAX = 1 << 20 }; /* bytes of an env.yml, packed and unpacked */

#define ENV_FIRST_LINE "#cloud-config"
#define USERDATA_BOM "\xEF\xBB\xBF" /* the byte-order mark of UTF-8 */

/*
 * Replaces DATA by the cloud-config that it packs, without a byte-order mark; what is packed in no way stays as it is,
 * and so does a multipart without such a part. A part is named by its type, so it gets the first line "#cloud-config"
 * if it is missing; of several, the one that holds a tree of ours is taken. NAME stands in messages. 65: broken
 * packing, a part that is no YAML, two parts that hold our trees, more than ENV_MAX unpacked, UTF-16, or a template that
 * cloud-init would fill in.
 */
int userdata_unpack(const char *name, struct str *data, struct error *e);

#endif
