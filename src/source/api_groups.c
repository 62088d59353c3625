/* SPDX-License-Identifier: Apache-2.0
 *
 * /version and /apis.
 */
#include "source/api_groups.h"

#include "base/alloc.h"
#include "source/parallel.h"

enum { MOST_BYTES = 16 << 20, QUESTIONS = 2 };

struct question {
    struct client *client;
    struct arena a;
    struct str text;
    struct err e;
    int result;
};

static int get(void *ctx, size_t i)
{
    static const char *const paths[QUESTIONS] = {"/version", "/apis"};
    struct question *q = (struct question *)ctx + i;
    struct client_request request = {.method = "GET", .path = str_of(paths[i])};
    struct client_answer answer;
    q->result = client_get(q->client, &request, MOST_BYTES, &q->a, &q->text, &answer, &q->e);
    return q->result == -ENOMEM ? -ENOMEM : 0;
}

static int leading_int(struct str s)
{
    int n = 0;
    for (size_t i = 0; i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && n < 10000; i++)
        n = n * 10 + (s.p[i] - '0');
    return n;
}

static void read_version(struct str text, struct arena *a, struct api_groups *ret)
{
    struct doc_root root = {0};
    if (json_parse(STR("/version"), text, a, &root, NULL) < 0)
        return;
    ret->major = leading_int(doc_text(root.root, "major"));
    ret->minor = leading_int(doc_text(root.root, "minor")); /* "34+" at some providers */
    ret->version = doc_text(root.root, "gitVersion");
}

/* What says no, but is there. */
static bool is_refusal(int result)
{
    return result == -EPERM || result == -ENOENT;
}

int api_groups_read(struct client *client, struct arena *a, struct api_groups *ret, struct err *e)
{
    struct question *q = arena_array(a, struct question, QUESTIONS);
    *ret = (struct api_groups){0};
    for (size_t i = 0; i < QUESTIONS; i++) {
        q[i].client = client;
        arena_init(&q[i].a);
    }
    int r = parallel_run(get, q, QUESTIONS, QUESTIONS);
    for (size_t i = 0; i < QUESTIONS; i++)
        arena_absorb(a, &q[i].a);
    if (r < 0)
        return err_set(e, ENOMEM, "out of memory");
    for (size_t i = 0; i < QUESTIONS; i++)
        if (q[i].result < 0 && !is_refusal(q[i].result)) {
            *e = q[i].e;
            return q[i].result;
        }
    if (q[0].result == 0)
        read_version(q[0].text, a, ret);
    ret->known = q[1].result == 0 && json_parse(STR("/apis"), q[1].text, a, &ret->apis, NULL) == 0;
    return 0;
}

/* ---- versions ---- */

static const struct doc *find_group(const struct api_groups *g, const char *name)
{
    const struct doc *groups = doc_get(g->apis.root, "groups");
    for (const struct doc *i = groups ? groups->child : NULL; i; i = i->next)
        if (str_is(doc_text(i, "name"), name))
            return i;
    return NULL;
}

static bool serves(const struct doc *group, struct str version)
{
    const struct doc *versions = doc_get(group, "versions");
    for (const struct doc *v = versions ? versions->child : NULL; v; v = v->next)
        if (str_eq(doc_text(v, "version"), version))
            return true;
    return false;
}

struct str api_groups_version(const struct api_groups *g, const struct api_resource *r)
{
    struct str rest, version = str_cut(str_of(r->versions), ' ', &rest);
    if (!r->group[0] || !g->known)
        return version;
    const struct doc *group = find_group(g, r->group);
    for (; group && version.n; version = str_cut(rest, ' ', &rest))
        if (serves(group, version))
            return version;
    return STR_NONE;
}
