/* SPDX-License-Identifier: Apache-2.0
 *
 * Which Kubernetes a server is, and which API groups it has.
 */
#ifndef SOURCE_API_GROUPS_H
#define SOURCE_API_GROUPS_H

#include "base/doc.h"
#include "client/client.h"
#include "model/api_resource.h"

struct api_groups {
    int major, minor;     /* 0, 0: not known */
    struct str version;   /* "v1.36.3"; absent: not known */
    bool known;           /* which groups there are */
    struct doc_root apis; /* APIGroupList */
};
/* Two questions at once. A server that does not answer them to everybody is no error: then all groups
 * are taken to be there. An error when it cannot be reached, or does not know the user. */
int api_groups_read(struct client *client, struct arena *a, struct api_groups *ret,
                    struct err *e) MUST_USE;
/* The newest version of the resource that the server and we know; absent: the server has none. */
struct str api_groups_version(const struct api_groups *g, const struct api_resource *r);

#endif
