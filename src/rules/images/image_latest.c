/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags images named by the tag latest or by none: what runs is decided when a node pulls. A digest
 * settles it, whatever the tag says.
 */
#include "rules/facts.h"

/* The tag of an image reference, absent if there is none. As distribution/reference: a colon after
 * the last slash begins the tag; before it, it belongs to the registry's port. */
static struct str tag_of(struct str image)
{
    ptrdiff_t slash = str_rfind_char(image, '/');
    struct str last = str_sub(image, (size_t)(slash + 1), image.n);
    ptrdiff_t colon = str_find_char(last, ':');
    return colon < 0 ? STR_NONE : str_sub(last, (size_t)colon + 1, last.n);
}

/* No image reference holds these: something else has yet to be run over the manifest. */
static bool is_placeholder(struct str image)
{
    for (size_t i = 0; i < image.n; i++)
        if (strchr("${}<>%() ", image.p[i]))
            return true;
    return false;
}

static void check(const struct rule_ctx *c, const struct container *k)
{
    struct str image = str_trim(k->image.v);
    /* Without an image the API server refuses the pod or an injector fills it in. */
    if (str_empty(image) || str_find_char(image, '@') >= 0 || is_placeholder(image))
        return;
    struct str tag = tag_of(image);
    if (tag.p && !str_is(tag, "latest"))
        return;
    finding(c, AT(k->image.at, "image"),
            "%s runs \"" STR_FMT "\"%s: two nodes may run two different builds of it",
            say_container(c, k), STR_ARG(image),
            tag.p ? "" : ", which has no tag and means latest");
}

const struct rule rule_image_latest = {
    .id = "image-latest",
    .severity = SEV_ERROR,
    .title = "An image is named by the tag latest, or by no tag",
    .why = "a restart after an OOM kill may pull a build that nobody rolled out, and there is no "
           "version to go back to",
    .fix = "name the version, better its digest too: image: NAME:TAG@sha256:DIGEST",
    .see = "post-mortem 3",
    .container = check,
};
