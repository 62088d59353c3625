/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths, bodies, and what the server's Status means.
 */
#include "act/request.h"

#include "base/json_write.h"
#include "base/url.h"

enum { LARGEST_OBJECT = 16 << 20, LARGEST_BODY = 4 << 20 };
static const char own_manager[] = "plimsoll";

void act_target_path(const struct act_target *t, const char *subresource, struct buf *out)
{
    buf_add_cstr(out, t->group.n ? "/apis/" : "/api/");
    if (t->group.n) {
        url_add_escaped(out, t->group);
        buf_add_char(out, '/');
    }
    url_add_escaped(out, t->version);
    if (t->ns.n) {
        buf_add_cstr(out, "/namespaces/");
        url_add_escaped(out, t->ns);
    }
    buf_add_char(out, '/');
    url_add_escaped(out, t->resource);
    buf_add_char(out, '/');
    url_add_escaped(out, t->name);
    if (subresource)
        buf_printf(out, "/%s", subresource);
}

/* ---- answers ---- */

/* 'conflict with "kubectl" using apps/v1' and the like: what stands in quotes. */
static struct str quoted(struct str s)
{
    struct str rest;
    (void)str_cut(s, '"', &rest);
    return rest.p ? str_cut(rest, '"', &rest) : STR_NONE;
}

static void read_causes(const struct doc *status, struct arena *a, struct act_answer *ret)
{
    const struct doc *causes = doc_path(status, "details.causes");
    for (const struct doc *c = causes && causes->type == DOC_SEQ ? causes->child : NULL; c;
         c = c->next) {
        struct str reason = doc_text(c, "reason"), message = doc_text(c, "message");
        if (str_is(reason, "FieldManagerConflict")) {
            struct act_conflict *k = PUSH(a, &ret->conflicts);
            k->manager = quoted(message);
            if (!k->manager.p)
                k->manager = message;
            k->field = doc_text(c, "field");
        } else if (str_is(reason, "DisruptionBudget")) {
            /* "The disruption budget cart needs 2 healthy pods and has 2 currently" */
            static const struct str head = {"The disruption budget ", 22};
            struct str rest, words = message;
            if (str_starts(words, head.p))
                ret->budget = str_cut(str_sub(words, head.n, words.n), ' ', &rest);
            ret->message = message;
        }
    }
}

/* A refused patch comes back with the whole object in the message; the reason stands behind it. */
static struct str short_message(struct str message)
{
    enum { LONG = 400 };
    struct str found = message;
    for (size_t i = 0; message.n > LONG && i + 3 <= message.n; i++)
        if (memcmp(message.p + i, "\": ", 3) == 0)
            found = str_sub(message, i + 3, message.n);
    return found;
}

/* What a refusal means; r unchanged when it is none of the server's decisions. */
static int decide(int r, const struct client_answer *answer, struct arena *a,
                  struct act_answer *ret)
{
    switch (answer->status) {
    case 404:
        /* Without a Status, or one that names nothing, there is no such path (/resize before 1.33),
         * rather than no such object. */
        if (!doc_text(doc_get(answer->status_body, "details"), "name").n)
            return r;
        ret->result = ACT_GONE;
        break;
    case 409:
        ret->result = ACT_CONFLICT;
        break;
    case 400:
    case 422:
        ret->result = ACT_REFUSED;
        break;
    case 403:
        /* Admission refuses with 403, too, and so does a quota; a missing right is no decision
         * about the object. */
        if (str_find(answer->message, "cannot ") >= 0 && str_find(answer->message, "User ") >= 0)
            return r;
        ret->result = ACT_REFUSED;
        break;
    case 429:
        ret->result = ACT_BLOCKED;
        break;
    default:
        return r;
    }
    ret->message = short_message(answer->message);
    if (answer->status_body)
        read_causes(answer->status_body, a, ret);
    /* 429 of an overloaded server is no budget. */
    if (ret->result == ACT_BLOCKED && !ret->budget.n &&
        str_find(answer->message, "disruption budget") < 0)
        return r;
    return 0;
}

static int not_json(const struct client *c, const struct client_request *request,
                    const struct err *why, struct err *e)
{
    struct str path = str_cut(request->path, '?', &(struct str){0});
    int r = err_set(e, EBADMSG, "the answer is no JSON: %s", why->msg);
    if (e)
        snprintf(e->where, sizeof(e->where), "%s " STR_FMT STR_FMT, request->method,
                 STR_ARG(client_server(c)), STR_ARG(path));
    return r;
}

static int ask(struct client *c, const struct client_request *request, struct arena *a,
               struct act_answer *ret, struct err *e)
{
    struct client_answer answer = {0};
    struct doc_root root = {0};
    struct str body;
    *ret = (struct act_answer){.retry_after_ms = -1};
    int r = client_get(c, request, LARGEST_OBJECT, a, &body, &answer, e);
    ret->retry_after_ms = answer.retry_after_ms;
    if (r < 0)
        return answer.status ? decide(r, &answer, a, ret) : r;
    struct err why = {0};
    if (json_parse(STR("the answer"), body, a, &root, &why) < 0)
        return not_json(c, request, &why, e);
    ret->object = root.root;
    return 0;
}

/* ---- requests ---- */

int act_get(struct client *c, const struct act_target *t, struct arena *a, struct act_answer *ret,
            struct err *e)
{
    struct buf path CLEANUP(buf_done);
    buf_init(&path, 64 * KIB);
    act_target_path(t, NULL, &path);
    struct client_request request = {.method = "GET", .path = buf_str(&path)};
    return ask(c, &request, a, ret, e);
}

int act_patch(struct client *c, const struct act_target *t, const struct act_patch *p, bool dry_run,
              struct arena *a, struct act_answer *ret, struct err *e)
{
    struct buf path CLEANUP(buf_done);
    buf_init(&path, 64 * KIB);
    act_target_path(t, p->subresource, &path);
    buf_add_cstr(&path, "?fieldManager=");
    url_add_escaped(&path, str_of(p->manager ? p->manager : own_manager));
    /* Unknown and duplicate fields are our mistakes: refused, not dropped. */
    buf_add_cstr(&path, "&fieldValidation=Strict");
    if (p->type == PATCH_APPLY)
        buf_add_cstr(&path, p->force ? "&force=true" : "&force=false");
    if (dry_run)
        buf_add_cstr(&path, "&dryRun=All");
    struct client_request request = {.method = "PATCH",
                                     .path = buf_str(&path),
                                     .content_type = str_of(patch_content_type(p->type)),
                                     .body = p->body};
    return ask(c, &request, a, ret, e);
}

static void add_amounts(struct json_writer *w, const struct act_resources *r)
{
    json_map(w);
    json_add_str(w, "name", r->container);
    json_key(w, "resources");
    json_map(w);
    if (r->memory_request.p) {
        json_key(w, "requests");
        json_map(w);
        json_add_str(w, "memory", r->memory_request);
        json_map_end(w);
    }
    if (r->memory_limit.p) {
        json_key(w, "limits");
        json_map(w);
        json_add_str(w, "memory", r->memory_limit);
        json_map_end(w);
    }
    json_map_end(w);
    json_map_end(w);
}

int act_resize(struct client *c, const struct act_target *pod, const struct act_resources *r,
               size_t count, bool dry_run, struct arena *a, struct act_answer *ret, struct err *e)
{
    struct buf body CLEANUP(buf_done);
    struct json_writer w;
    buf_init(&body, LARGEST_BODY);
    json_writer_init(&w, &body, JSON_COMPACT);
    json_map(&w);
    json_key(&w, "spec");
    json_map(&w);
    json_key(&w, "containers");
    json_seq(&w);
    for (size_t i = 0; i < count; i++)
        add_amounts(&w, &r[i]);
    json_seq_end(&w);
    json_map_end(&w);
    json_map_end(&w);
    json_writer_end(&w);
    struct act_patch p = {.type = PATCH_STRATEGIC, .body = buf_str(&body), .subresource = "resize"};
    return act_patch(c, pod, &p, dry_run, a, ret, e);
}

int act_evict(struct client *c, const struct act_target *pod, const struct act_eviction *v,
              bool dry_run, struct arena *a, struct act_answer *ret, struct err *e)
{
    struct buf path CLEANUP(buf_done);
    struct buf body CLEANUP(buf_done);
    struct json_writer w;
    buf_init(&path, 64 * KIB);
    buf_init(&body, LARGEST_BODY);
    act_target_path(pod, "eviction", &path);
    if (dry_run)
        buf_add_cstr(&path, "?dryRun=All");
    json_writer_init(&w, &body, JSON_COMPACT);
    json_map(&w);
    json_add_cstr(&w, "apiVersion", "policy/v1");
    json_add_cstr(&w, "kind", "Eviction");
    json_key(&w, "metadata");
    json_map(&w);
    json_add_str(&w, "name", pod->name);
    json_add_str(&w, "namespace", pod->ns);
    json_map_end(&w);
    json_key(&w, "deleteOptions");
    json_map(&w);
    if (v->grace_seconds >= 0)
        json_add_int(&w, "gracePeriodSeconds", v->grace_seconds);
    if (v->uid.n) {
        json_key(&w, "preconditions");
        json_map(&w);
        json_add_str(&w, "uid", v->uid);
        json_map_end(&w);
    }
    json_map_end(&w);
    json_map_end(&w);
    json_writer_end(&w);
    struct client_request request = {.method = "POST",
                                     .path = buf_str(&path),
                                     .content_type = STR("application/json"),
                                     .body = buf_str(&body),
                                     .no_retry = true};
    return ask(c, &request, a, ret, e);
}
