/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of cgroups in the kubelet's own form (a list of components) and as the two drivers write
 * them (pkg/kubelet/cm/cgroup_manager_linux.go, pod_container_manager_linux.go).
 */
#include "model/cgroup.h"

static const char slice[] = ".slice";
static const char pod_prefix[] = "pod";

static bool is_root(const struct str_list *name)
{
    return !name->count || (name->count == 1 && !name->items[0].n);
}

/* A copy in which one character stands for another. */
static struct str replace(struct arena *a, struct str s, char from, char to)
{
    char *p = arena_text(a, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        p[i] = s.p[i] == from ? to : s.p[i];
    p[s.n] = '\0';
    return (struct str){p, s.n};
}

/* The unit of the first n components: "kubepods-burstable.slice". A dash inside a component would
 * read as a level, so it becomes an underscore. */
static struct str unit_of(struct arena *a, const struct str_list *name, size_t n)
{
    struct str s = STR("");
    for (size_t i = 0; i < n; i++) {
        struct str part = replace(a, name->items[i], '-', '_');
        s = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(s), i ? "-" : "", STR_ARG(part));
    }
    return arena_printf(a, STR_FMT "%s", STR_ARG(s), slice);
}

struct str cgroup_unit(struct arena *a, const struct str_list *name)
{
    return is_root(name) ? STR("/") : unit_of(a, name, name->count);
}

struct str cgroup_path_systemd(struct arena *a, const struct str_list *name)
{
    struct str path = STR("");
    if (is_root(name))
        return STR("/");
    for (size_t i = 1; i <= name->count; i++) {
        struct str unit = unit_of(a, name, i);
        path = arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(path), STR_ARG(unit));
    }
    return path;
}

struct str cgroup_path_cgroupfs(struct arena *a, const struct str_list *name)
{
    struct str path = STR("");
    for (size_t i = 0; i < name->count; i++)
        if (name->items[i].n)
            path = arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(path), STR_ARG(name->items[i]));
    return path.n ? path : STR("/");
}

void cgroup_parse_systemd(struct arena *a, struct str path, struct str_list *ret)
{
    *ret = (struct str_list){0};
    struct str rest = str_sub(path, (size_t)(str_rfind_char(path, '/') + 1), path.n);
    if (str_ends(rest, slice))
        rest.n -= sizeof(slice) - 1;
    while (rest.p) {
        struct str part = str_cut(rest, '-', &rest);
        *PUSH(a, ret) = replace(a, part, '_', '-');
    }
}

void cgroup_parse_cgroupfs(struct arena *a, struct str path, struct str_list *ret)
{
    *ret = (struct str_list){0};
    struct str rest = str_starts(path, "/") ? str_sub(path, 1, path.n) : path;
    if (!rest.n)
        return;
    while (rest.p)
        *PUSH(a, ret) = str_cut(rest, '/', &rest);
}

void pod_cgroup_name(struct arena *a, const struct str_list *root, enum qos q, struct str uid,
                     struct str_list *ret)
{
    *ret = (struct str_list){0};
    for (size_t i = 0; i < root->count; i++)
        *PUSH(a, ret) = root->items[i];
    if (q == QOS_BURSTABLE)
        *PUSH(a, ret) = STR("burstable");
    else if (q == QOS_BEST_EFFORT)
        *PUSH(a, ret) = STR("besteffort");
    *PUSH(a, ret) = arena_printf(a, "%s" STR_FMT, pod_prefix, STR_ARG(uid));
}

/* As IsPodCgroup: only how deep the name is counts, not what its parents are called. */
bool cgroup_is_pod(const struct str_list *root, const struct str_list *name, struct str *ret_uid)
{
    if (name->count != root->count + 1 && name->count != root->count + 2)
        return false;
    struct str last = name->items[name->count - 1];
    if (!str_starts(last, pod_prefix))
        return false;
    struct str uid = str_sub(last, sizeof(pod_prefix) - 1, last.n);
    if (str_find(uid, pod_prefix) >= 0)
        return false;
    *ret_uid = uid;
    return true;
}
