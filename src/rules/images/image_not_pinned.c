/* SPDX-License-Identifier: Apache-2.0
 *
 * Says which images have no digest: a tag can be moved to another build.
 */
#include "rules/facts.h"

static void check(const struct rule_ctx *c, const struct container *k)
{
    struct str image = str_trim(k->image.v);
    if (!str_empty(image) && str_find(image, "@sha256:") < 0 && str_find(image, "@sha512:") < 0)
        finding(c, AT(k->image.at, "image"), "%s runs \"" STR_FMT "\", whose tag can be moved",
                say_container(c, k), STR_ARG(image));
}

const struct rule rule_image_not_pinned = {
    .id = "image-not-pinned",
    .severity = SEV_INFO,
    .title = "An image is not pinned by its digest",
    .why = "a tag that was pushed again comes in with the next restart, not with a roll-out",
    .fix = "name the digest too: image: NAME:TAG@sha256:DIGEST",
    .see = "post-mortem 3",
    .container = check,
};
