/* SPDX-License-Identifier: Apache-2.0
 *
 * Says which containers ask the registry at every start: restarts then depend on it.
 */
#include "model/defaults.h"
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct container *k)
{
    if (str_empty(k->image.v) || !str_is(container_pull_policy(k), "Always"))
        return;
    finding(c, AT(pos_or(k->image_pull_policy.at, k->image.at), "imagePullPolicy"),
            "%s asks the registry at every start%s", say_container(c, k),
            k->image_pull_policy.v.p ? "" : " (the default for latest)");
}

const struct rule rule_image_pull_always = {
    .id = "image-pull-always",
    .severity = SEV_INFO,
    .title = "An image is pulled at every start",
    .why = "when many pods restart at once the registry becomes a part of the outage",
    .fix = "name a version and set imagePullPolicy: IfNotPresent",
    .see = "post-mortem 3",
    .container = check,
};
