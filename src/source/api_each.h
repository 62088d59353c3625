/* SPDX-License-Identifier: Apache-2.0
 *
 * The objects of a live cluster one by one as they arrive, none of them kept. Only ever GETs.
 */
#ifndef SOURCE_API_EACH_H
#define SOURCE_API_EACH_H

#include "model/object_list.h"
#include "source/apiserver.h"

/* Hands on every object of the uses in o, list after list. The lists are asked for one after the other,
 * and a page that fails ends everything, as what has been handed on cannot be taken back; but a page
 * that expires (410) goes on with the newest state where the server offers that. *ret gets `live` and
 * what may not be listed, or an add-on does not answer (`unlisted`). */
int apiserver_each(const struct apiserver_options *o, each_fn *fn, void *ctx, struct arena *a,
                   struct cluster *ret, struct err *e) MUST_USE;
/* The names of all nodes, and nothing else of them. None when they may not be listed. */
int apiserver_node_names(const struct apiserver_options *o, struct arena *a, struct str_list *ret,
                         struct err *e) MUST_USE;

#endif
