/* SPDX-License-Identifier: MIT */
/* Prometheus's text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
#ifndef BASE_EXPOSITION_H
#define BASE_EXPOSITION_H

#include "base/str.h"

/* Adds the two lines that stand before the values of the gauge NAME. */
void exposition_head(struct str *out, const char *name, const char *help);

/* A gauge of one value, whole. */
void exposition_gauge(struct str *out, const char *name, const char *help, long long value);

#endif
