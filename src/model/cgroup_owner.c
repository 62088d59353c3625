/* SPDX-License-Identifier: Apache-2.0
 *
 * From a cgroup path, as the kernel prints it, to the pod and container it belongs to. Component by
 * component: a runtime's form of a container, a pod's slice or directory, a QoS level.
 */
#include "model/cgroup.h"

enum { CONTAINER_ID_DIGITS = 64 };

static const struct {
    const char *prefix, *runtime;
} runtimes[] = {
    {"cri-containerd-", "containerd"},
    {"cri-containerd:", "containerd"},
    {"crio-", "cri-o"},
    {"docker-", "docker"},
};

static bool is_container_id(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
            return false;
    return s.n == CONTAINER_ID_DIGITS;
}

static void read_container(struct str part, struct cgroup_owner *ret)
{
    if (str_ends(part, ".scope"))
        part.n -= 6;
    if (is_container_id(part)) { /* cgroupfs; CRI-O has a prefix there, too */
        ret->container_id = part;
        ret->runtime = "containerd";
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(runtimes); i++) {
        if (!str_starts(part, runtimes[i].prefix))
            continue;
        struct str id = str_sub(part, strlen(runtimes[i].prefix), part.n);
        if (is_container_id(id)) {
            ret->container_id = id;
            ret->runtime = runtimes[i].runtime;
        }
    }
}

static struct str uid_of(struct arena *a, struct str s)
{
    char *p = arena_text(a, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        p[i] = s.p[i] == '_' ? '-' : s.p[i];
    p[s.n] = '\0';
    return (struct str){p, s.n};
}

static void read_qos(struct str part, struct cgroup_owner *ret)
{
    if (str_find(part, "besteffort") >= 0)
        ret->qos = QOS_BEST_EFFORT;
    else if (str_find(part, "burstable") >= 0)
        ret->qos = QOS_BURSTABLE;
    else
        return;
    ret->qos_known = true;
}

/* One level: "kubepods-burstable-pod<uid>.slice", "burstable", "pod<uid>", a container. */
static void read_part(struct arena *a, struct str part, struct cgroup_owner *ret)
{
    if (str_find(part, "kubepods") >= 0)
        ret->in_kubepods = true;
    if (!ret->in_kubepods)
        return;
    if (str_ends(part, ".slice"))
        part.n -= 6;
    if (!ret->pod_uid.n)
        read_qos(part, ret);
    ptrdiff_t dash = str_rfind_char(part, '-');
    struct str last = str_starts(part, "pod") ? part : str_sub(part, (size_t)(dash + 1), part.n);
    bool slice_of_pod = str_starts(last, "pod") && (last.n == part.n || dash >= 0);
    if (!ret->pod_uid.n && slice_of_pod && last.n > 3) {
        ret->pod_uid = uid_of(a, str_sub(last, 3, last.n));
        if (!ret->qos_known)
            ret->qos = QOS_GUARANTEED;
        ret->qos_known = true;
        return;
    }
    read_container(part, ret);
}

void cgroup_owner_of(struct arena *a, struct str path, struct cgroup_owner *ret)
{
    *ret = (struct cgroup_owner){.pod_uid = STR(""), .container_id = STR("")};
    struct str rest = path;
    while (rest.p) {
        struct str more, part = str_cut(rest, '/', &rest);
        /* "<slice>:cri-containerd:<id>": the systemd form of a runtime that was set to cgroupfs. */
        part = str_cut(part, ':', &more);
        read_part(a, part, ret);
        if (more.n)
            read_container(more, ret);
    }
}
