/* SPDX-License-Identifier: Apache-2.0
 *
 * /stats/summary of each kubelet (pkg/kubelet/apis/stats/v1alpha1). The working set is what
 * metrics-server reports, too.
 */
#include "source/kubelet_usage.h"

#include "base/alloc.h"
#include "base/text.h"
#include "source/join.h"
#include "source/parallel.h"

enum {
    AT_ONCE = 16,
    KUBELET_PORT = 10250,
    KUBELET_MS = 15000,    /* one that hangs must not hold up the others for long */
    MOST_BYTES = 64 << 20, /* 110 pods are half a megabyte */
    NANO_IN_MILLI = 1000000,
};

struct answer {
    struct arena keep, scratch;
    struct cluster cluster;
    struct err e;
    int result;
};
struct asking {
    const struct kubelet_question *q;
    const struct cluster *c;
    const struct source *source;
    struct answer *answers; /* as c->nodes */
};

static struct str node_server(const struct node *n, struct arena *a)
{
    bool v6 = str_find_char(n->internal_ip, ':') >= 0;
    return arena_printf(a, "https://%s" STR_FMT "%s:%lld", v6 ? "[" : "", STR_ARG(n->internal_ip),
                        v6 ? "]" : "",
                        (long long)(n->kubelet_port ? n->kubelet_port : KUBELET_PORT));
}

static int64_t time_of(const struct doc *memory)
{
    int64_t ms = 0;
    return text_parse_time(doc_text(memory, "time"), &ms) == 0 ? ms : 0;
}

static void *new_object(struct answer *w, const struct asking *s, enum kind kind, size_t size)
{
    struct object *o = arena_alloc(&w->keep, size);
    o->kind = kind;
    o->api_version = STR("metrics.k8s.io/v1beta1");
    o->kind_text = str_of(kind_name(kind));
    o->source = s->source;
    o->ns = STR("");
    w->cluster.objects++;
    return o;
}

static void add_container(struct answer *w, struct pod_metrics *m, const struct doc *container)
{
    const struct doc *memory = doc_get(container, "memory");
    struct container_usage *u = PUSH(&w->keep, &m->containers);
    u->name = arena_str(&w->keep, doc_text(container, "name"));
    u->memory_set = doc_get(memory, "workingSetBytes") != NULL;
    u->memory_bytes = doc_int(memory, "workingSetBytes", 0);
    u->cpu_milli = doc_int(doc_get(container, "cpu"), "usageNanoCores", 0) / NANO_IN_MILLI;
    m->taken_ms = MAX(m->taken_ms, time_of(memory));
}

static void add_pod(struct answer *w, const struct asking *s, const struct doc *pod)
{
    const struct doc *ref = doc_get(pod, "podRef"), *list = doc_get(pod, "containers");
    const struct doc *memory = doc_get(pod, "memory");
    struct pod_metrics *m = new_object(w, s, KIND_POD_METRICS, sizeof(*m));
    m->o.name = arena_str(&w->keep, doc_text(ref, "name"));
    m->o.ns = arena_str(&w->keep, doc_text(ref, "namespace"));
    for (const struct doc *i = list && list->type == DOC_SEQ ? list->child : NULL; i; i = i->next)
        add_container(w, m, i);
    m->pod_memory_bytes = (struct opt_int){.v = doc_int(memory, "workingSetBytes", 0),
                                           .set = doc_get(memory, "workingSetBytes") != NULL};
    *PUSH(&w->keep, &w->cluster.pod_metrics) = m;
}

static void add_node(struct answer *w, const struct asking *s, const struct doc *node,
                     struct str name)
{
    const struct doc *memory = doc_get(node, "memory");
    struct node_metrics *m = new_object(w, s, KIND_NODE_METRICS, sizeof(*m));
    m->o.name = name;
    m->taken_ms = time_of(memory);
    m->memory_bytes = doc_int(memory, "workingSetBytes", 0);
    m->cpu_milli = doc_int(doc_get(node, "cpu"), "usageNanoCores", 0) / NANO_IN_MILLI;
    *PUSH(&w->keep, &w->cluster.node_metrics) = m;
}

static int ask_kubelet(const struct asking *s, const struct node *n, struct answer *w,
                       struct str *ret)
{
    static const char query[] = "stats/summary?only_cpu_and_memory=true";
    struct client_request request = {
        .method = "GET", .request_ms = s->q->request_ms > 0 ? s->q->request_ms : KUBELET_MS};
    struct client_answer answer;
    if (s->q->through_proxy) {
        request.path = arena_printf(&w->scratch, "/api/v1/nodes/" STR_FMT "/proxy/%s",
                                    STR_ARG(n->o.name), query);
    } else {
        if (!n->internal_ip.n)
            return err_set(&w->e, EADDRNOTAVAIL, "the node has no InternalIP");
        request.path = arena_printf(&w->scratch, "/%s", query);
        request.server = node_server(n, &w->scratch);
        request.server_insecure = s->q->insecure;
    }
    return client_get(s->q->client, &request, MOST_BYTES, &w->scratch, ret, &answer, &w->e);
}

static int ask(void *ctx, size_t i)
{
    struct asking *s = ctx;
    struct answer *w = &s->answers[i];
    const struct node *n = s->c->nodes.items[i];
    struct doc_root root = {0};
    struct str text = STR_NONE;
    w->result = ask_kubelet(s, n, w, &text);
    if (w->result == 0)
        w->result = json_parse(n->o.name, text, &w->scratch, &root, &w->e);
    if (w->result == 0) {
        const struct doc *pods = doc_get(root.root, "pods");
        for (const struct doc *p = pods && pods->type == DOC_SEQ ? pods->child : NULL; p;
             p = p->next)
            add_pod(w, s, p);
        add_node(w, s, doc_get(root.root, "node"), n->o.name);
    }
    arena_done(&w->scratch);
    arena_init(&w->scratch);
    return w->result == -ENOMEM ? -ENOMEM : 0;
}

static void note_silent(const struct asking *s, struct arena *a, struct cluster *c)
{
    size_t silent = 0, first = 0;
    for (size_t i = c->nodes.count; i-- > 0;)
        if (s->answers[i].result < 0) {
            silent++;
            first = i;
        }
    if (!silent)
        return;
    struct problem *p = PUSH(a, &c->problems);
    *p = (struct problem){.type = PROBLEM_DANGLING, .file = STR("")};
    p->message = arena_printf(a, "no usage from %zu of %zu kubelets (first: " STR_FMT ": %s)",
                              silent, c->nodes.count, STR_ARG(c->nodes.items[first]->o.name),
                              s->answers[first].e.msg);
}

int kubelet_usage_read(const struct kubelet_question *q, struct arena *a, struct cluster *c,
                       struct err *e)
{
    struct source *source = arena_new(a, struct source);
    struct asking s = {.q = q, .c = c, .source = source};
    source->name = STR("");
    s.answers = arena_array(a, struct answer, c->nodes.count);
    for (size_t i = 0; i < c->nodes.count; i++) {
        arena_init(&s.answers[i].keep);
        arena_init(&s.answers[i].scratch);
    }
    int r = parallel_run(ask, &s, c->nodes.count, AT_ONCE);
    for (size_t i = 0; i < c->nodes.count; i++)
        arena_absorb(a, &s.answers[i].keep);
    if (r < 0)
        return err_set(e, ENOMEM, "out of memory");
    note_silent(&s, a, c);
    for (size_t i = 0; i < c->nodes.count; i++)
        cluster_join(a, c, &s.answers[i].cluster);
    return 0;
}
