/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of kinds.
 */
#include "model/kind.h"

#include "model/cluster.h"

static const struct {
    struct str name, group;
    bool namespaced;
} kinds[KIND_COUNT] = {[KIND_UNKNOWN] = {{"", 0}, {"", 0}, false},
#define X(word, kind, group, namespaced, type, list) \
    [KIND_##word] = {{kind, sizeof(kind) - 1}, {group, sizeof(group) - 1}, namespaced},
                       KIND_TABLE(X)
#undef X
};

const char *kind_name(enum kind k)
{
    return kinds[k].name.p;
}

bool kind_is_namespaced(enum kind k)
{
    return kinds[k].namespaced;
}

/* Groups that a kind was served from before it moved; PDB and HPA kept theirs. */
static bool was_group(struct str group)
{
    return str_is(group, "extensions");
}

enum kind kind_find(struct str api_version, struct str kind)
{
    struct str version;
    struct str group = str_cut(api_version, '/', &version);
    if (!version.p)
        group = STR("");
    for (enum kind k = KIND_UNKNOWN + 1; k < KIND_COUNT; k++)
        if (kind.n && str_eq(kind, kinds[k].name) &&
            (str_eq(group, kinds[k].group) || was_group(group)))
            return k;
    return KIND_UNKNOWN;
}
