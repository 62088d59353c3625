/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks the API server what the user may read. SelfSubjectAccessReviews are questions: nothing is
 * changed.
 */
#ifndef SOURCE_API_ACCESS_H
#define SOURCE_API_ACCESS_H

#include "client/client.h"
#include "model/api_resource.h"

/* ns: the question is about this namespace; absent: all. uses: resources of these verbs only. */
struct access_question {
    struct client *client;
    struct str ns;
    unsigned uses;
};
int api_access_read(const struct access_question *q, struct arena *a, struct rights *ret,
                    struct err *e) MUST_USE;

#endif
