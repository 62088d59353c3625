/* SPDX-License-Identifier: Apache-2.0
 *
 * Says which images have no digest: a tag can be moved to another build.
 */
#include "rules/facts.h"

static bool is_hex(struct str s, bool upper)
{
    for (size_t i = 0; i < s.n; i++) {
        char ch = s.p[i];
        if ((ch < '0' || ch > '9') && (ch < 'a' || ch > 'f') && !(upper && ch >= 'A' && ch <= 'F'))
            return false;
    }
    return true;
}

/* As in distribution/reference and go-digest: ALGORITHM:HEX. The lengths of four algorithms are
 * known, others have 32 digits or more. */
static bool is_digest(struct str s)
{
    static const struct {
        const char *name;
        size_t digits;
    } known[] = {{"sha256", 64}, {"sha384", 96}, {"sha512", 128}, {"blake3", 64}};
    struct str hex, name = str_cut(s, ':', &hex);
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_is(name, known[i].name))
            return hex.n == known[i].digits && is_hex(hex, false);
    return !str_empty(name) && hex.n >= 32 && is_hex(hex, true);
}

static void check(const struct rule_ctx *c, const struct container *k)
{
    struct str image = str_trim(k->image.v);
    ptrdiff_t at = str_find_char(image, '@');
    if (str_empty(image) || (at >= 0 && is_digest(str_sub(image, (size_t)at + 1, image.n))))
        return;
    finding(c, AT(k->image.at, "image"),
            at < 0 ? "%s runs \"" STR_FMT "\", whose tag can be moved"
                   : "%s runs \"" STR_FMT "\", whose digest is none: it cannot be pulled",
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
