/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom a probe asks: this pod, or another machine.
 */
#ifndef RULES_PROBE_TARGET_H
#define RULES_PROBE_TARGET_H

#include "model/pod.h"

struct probe_target {
    bool remote;
    struct str host; /* as written, when remote */
    struct str tool; /* the command that asks; absent for httpGet and tcpSocket */
};

/* The first other host that the handler of a container's probe asks. A host that cannot be known
 * (an environment variable that is filled in elsewhere) does not count as remote. */
struct probe_target probe_target_of(const struct handler *h, const struct container *k,
                                    bool host_network);

#endif
