/* SPDX-License-Identifier: Apache-2.0
 *
 * One list of the API server, read page by page into a cluster as it arrives.
 */
#ifndef SOURCE_API_LIST_H
#define SOURCE_API_LIST_H

#include "client/client.h"
#include "model/api_resource.h"
#include "model/cluster.h"

/* How lists are asked for. */
enum list_mode {
    /* From 1.34 on paged, which its watch cache answers; before, from the cache. */
    LIST_AUTO,
    /* limit=500 and the newest state. Servers before 1.34 read every page from etcd. */
    LIST_PAGED,
    /* resourceVersion=0: from the server's watch cache, in one piece. */
    LIST_CACHE,
};

struct api_list {
    struct client *client;
    const struct api_resource *resource;
    struct str version;  /* "v1" */
    struct str ns;       /* only this namespace; absent: all */
    enum list_mode mode; /* not LIST_AUTO */
    unsigned threads;    /* that parse it */
    const struct source *source;
};
/* Adds the objects to *ret (keep owns them). Pages that expire (410 Gone) begin the list anew, twice;
 * then it is asked for in one piece. 0, or a negative errno of client.h: then *ret is as it was. */
int api_list_read(const struct api_list *l, struct arena *keep, struct cluster *ret,
                  struct err *e) MUST_USE;

/* "/apis/apps/v1/namespaces/shop/deployments". */
struct str api_list_path(const struct api_list *l, struct arena *a);
/* How long its answer may take to begin. Metrics come from elsewhere, which may hang, and the API server
 * waits for it a minute. 0: as all others. */
int64_t api_list_head_ms(const struct api_resource *r);

#endif
