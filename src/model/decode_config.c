/* SPDX-License-Identifier: Apache-2.0
 *
 * Configurations that travel as text in a ConfigMap: the kubelet's and kube-proxy's.
 */
#include "model/decode_table.h"

/* One value of the map, to be read as an object of its own. */
struct inner {
    const struct config_map *map;
    const struct label *text;
    const char *path, *kind; /* for the problem that says that it is none */
};

/* Decodes the text into ret, an object of this kind; false where it cannot be read. */
static bool decode_inner(const struct decode_input *in, const struct inner *i, enum kind kind,
                         struct object *ret, struct cluster *c)
{
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch);
    const struct object *outer = &i->map->o;
    struct doc_root root = {0};
    struct err e = {0};
    struct doc_reader r;
    doc_reader_init(&r, outer->source ? outer->source->name : STR(""), i->text->value);
    struct decode_input inner = {.a = in->a, .source = in->source, .bulk = true};
    struct decoder d = {.in = &inner, .cluster = c, .object = ret};
    bool read = doc_read(&r, &scratch, &root, &e) > 0 && root.root;
    *ret = *outer;
    ret->kind = kind;
    if (read) {
        decode_shape(&d, root.root, decode_kind_shape(kind), ret);
        ret->at = i->text->at;
    } else {
        struct problem *p = PUSH(in->a, &c->problems);
        *p = (struct problem){.type = PROBLEM_INVALID_VALUE,
                              .at = i->text->at,
                              .object = outer,
                              .path = str_of(i->path),
                              .file = outer->source ? outer->source->name : STR_NONE};
        p->message = arena_printf(in->a, "is no %s: %s", i->kind, e.msg);
    }
    doc_reader_done(&r);
    return read;
}

/* Ours (label plimsoll.dev/node) or kubeadm's (kubelet-config in kube-system, which holds for every
 * node). */
static void decode_kubelet(const struct decode_input *in, const struct config_map *m,
                           struct cluster *c)
{
    struct str node = labels_get(&m->o.labels, "plimsoll.dev/node");
    struct inner i = {m, labels_find(&m->data, STR("kubelet")), "data.kubelet",
                      "KubeletConfiguration"};
    if (!i.text || !i.text->value.n || (!node.p && !str_starts(m->o.name, "kubelet-config")))
        return;
    struct kubelet_config *k = arena_new(in->a, struct kubelet_config);
    k->node = node;
    if (!decode_inner(in, &i, KIND_KUBELET_CONFIGURATION, &k->o, c))
        return;
    k->eviction_hard_at = k->system_reserved_at = k->kube_reserved_at = i.text->at;
    *PUSH(in->a, &c->kubelet_configs) = k;
}

/* kubeadm's. */
static void decode_kube_proxy(const struct decode_input *in, const struct config_map *m,
                              struct cluster *c)
{
    struct inner i = {m, labels_find(&m->data, STR("config.conf")), "data.config.conf",
                      "KubeProxyConfiguration"};
    if (!i.text || !i.text->value.n || !str_is(m->o.name, "kube-proxy"))
        return;
    struct kube_proxy_config *k = arena_new(in->a, struct kube_proxy_config);
    if (decode_inner(in, &i, KIND_KUBE_PROXY_CONFIGURATION, &k->o, c))
        *PUSH(in->a, &c->kube_proxy_configs) = k;
}

void decode_configurations(const struct decode_input *in, const struct config_map *m,
                           struct cluster *c)
{
    decode_kubelet(in, m, c);
    decode_kube_proxy(in, m, c);
}
