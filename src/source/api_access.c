/* SPDX-License-Identifier: Apache-2.0
 *
 * One review for each resource of the table, several at once, and one for the user's name.
 */
#include "source/api_access.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "source/api_groups.h"
#include "source/parallel.h"

enum { AT_ONCE = 4, MOST_BYTES = 1 << 20 };

struct review {
    struct arena a;
    struct err e;
    int result;
};

struct asking {
    const struct access_question *q;
    struct api_groups groups;
    struct rights *rights;
    struct review *reviews; /* of each resource, then of the user */
};

static int post(const struct asking *s, const char *path, struct str body, struct review *v,
                struct doc_root *ret)
{
    struct client_request request = {.method = "POST",
                                     .path = str_of(path),
                                     .content_type = STR("application/json"),
                                     .body = body};
    struct client_answer answer;
    struct str text;
    int r = client_get(s->q->client, &request, MOST_BYTES, &v->a, &text, &answer, &v->e);
    return r < 0 ? r : json_parse(str_of(path), text, &v->a, ret, &v->e);
}

static void begin(struct json_writer *w, struct buf *b, const char *version, const char *kind)
{
    json_writer_init(w, b, JSON_COMPACT);
    json_map(w);
    json_add_cstr(w, "apiVersion", version);
    json_add_cstr(w, "kind", kind);
}

static void add_attributes(struct json_writer *w, const struct api_resource *r, struct str ns)
{
    bool one_namespace = r->kind == KIND_NAMESPACE && ns.n;
    json_key(w, "spec");
    json_map(w);
    json_key(w, "resourceAttributes");
    json_map(w);
    json_add_cstr(w, "group", r->group);
    json_add_cstr(w, "resource", r->resource);
    json_add_cstr(w, "verb", r->in_namespace || one_namespace ? "get" : "list");
    if (r->in_namespace)
        json_add_cstr(w, "namespace", r->in_namespace);
    else if (ns.n && (r->namespaced || one_namespace))
        json_add_str(w, "namespace", ns);
    if (r->in_namespace)
        json_add_cstr(w, "name", r->names[0]);
    else if (one_namespace)
        json_add_str(w, "name", ns);
    json_map_end(w);
    json_map_end(w);
    json_map_end(w);
    json_writer_end(w);
}

static int ask_resource(struct asking *s, struct right *right, struct review *v)
{
    struct buf b CLEANUP(buf_done);
    struct json_writer w;
    struct doc_root root = {0};
    buf_init(&b, 4 * KIB);
    begin(&w, &b, "authorization.k8s.io/v1", "SelfSubjectAccessReview");
    add_attributes(&w, right->resource, s->q->ns);
    int r =
        post(s, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", buf_str(&b), v, &root);
    right->allowed = r == 0 && doc_bool(doc_get(root.root, "status"), "allowed", false);
    return r;
}

/* Servers before 1.28 do not say. */
static void ask_user(struct asking *s, struct review *v)
{
    struct buf b CLEANUP(buf_done);
    struct json_writer w;
    struct doc_root root = {0};
    buf_init(&b, 4 * KIB);
    begin(&w, &b, "authentication.k8s.io/v1", "SelfSubjectReview");
    json_map_end(&w);
    json_writer_end(&w);
    if (post(s, "/apis/authentication.k8s.io/v1/selfsubjectreviews", buf_str(&b), v, &root) == 0)
        s->rights->user = doc_text(doc_path(root.root, "status.userInfo"), "username");
}

static int ask(void *ctx, size_t i)
{
    struct asking *s = ctx;
    struct review *v = &s->reviews[i];
    if (i == s->rights->count)
        ask_user(s, v);
    else if (!s->rights->items[i].absent && (s->rights->items[i].resource->uses & s->q->uses))
        v->result = ask_resource(s, &s->rights->items[i], v);
    return v->result;
}

int api_access_read(const struct access_question *q, struct arena *a, struct rights *ret,
                    struct err *e)
{
    struct asking s = {.q = q, .rights = ret};
    int r = api_groups_read(q->client, a, &s.groups, e);
    if (r < 0)
        return r;
    *ret = (struct rights){.count = api_resource_count, .ns = q->ns};
    ret->items = arena_array(a, struct right, api_resource_count);
    s.reviews = arena_array(a, struct review, api_resource_count + 1);
    for (size_t i = 0; i <= ret->count; i++)
        arena_init(&s.reviews[i].a);
    for (size_t i = 0; i < ret->count; i++) {
        ret->items[i].resource = &api_resources[i];
        ret->items[i].absent = !api_groups_version(&s.groups, &api_resources[i]).p;
    }
    r = parallel_run(ask, &s, ret->count + 1, AT_ONCE);
    for (size_t i = 0; i <= ret->count; i++) {
        arena_absorb(a, &s.reviews[i].a);
        if (s.reviews[i].result < 0)
            *e = s.reviews[i].e;
    }
    return r == -ENOMEM ? err_set(e, ENOMEM, "out of memory") : r;
}
