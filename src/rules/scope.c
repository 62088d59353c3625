/* SPDX-License-Identifier: Apache-2.0
 *
 * Where something applies.
 */
#include "rules/scope.h"

#include "base/glob.h"

static bool any_path(const struct str_list *patterns, struct str file)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (glob_path(patterns->items[i], file))
            return true;
    return false;
}

static bool any_namespace(const struct str_list *patterns, struct str ns)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (glob_name(patterns->items[i], ns))
            return true;
    return false;
}

bool scope_holds(const struct scope *s, struct str ns, struct str file)
{
    if (!str_empty(ns) && (any_namespace(&s->exclude.namespaces, ns) ||
                           (s->only.namespaces.count && !any_namespace(&s->only.namespaces, ns))))
        return false;
    if (str_empty(file))
        return true;
    return !any_path(&s->exclude.paths, file) &&
           (s->only.paths.count == 0 || any_path(&s->only.paths, file));
}

struct str scope_namespace(const struct object *o)
{
    if (!o)
        return STR_NONE;
    return o->kind == KIND_NAMESPACE ? o->name : o->ns;
}

struct str scope_file(const struct object *o)
{
    if (!o)
        return STR_NONE;
    return str_empty(o->template_source) ? o->source->name : o->template_source;
}
