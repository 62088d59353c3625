/* SPDX-License-Identifier: Apache-2.0
 *
 * Document tree -> typed model. One table per struct names its fields; what is not named is
 * skipped. A field whose type or value Kubernetes would refuse becomes a problem
 * (PROBLEM_INVALID_VALUE) and is left absent.
 */
#ifndef MODEL_DECODE_H
#define MODEL_DECODE_H

#include "model/cluster.h"

/* Values that come again and again in a recording (the containers of 200 pods of one Deployment)
 * are decoded once and shared: the key is the field and the bytes of the value, so this needs the
 * text that the tree was read from. Only for pods that have been through the API server (a uid):
 * nothing changes them afterwards. One cache per thread. */
struct decode_cache {
    struct map values;
    struct arena a;
};
void decode_cache_init(struct decode_cache *c);
void decode_cache_done(struct decode_cache *c);

/* Adds what a document holds to c: an object, the items of a List of any kind, or one more of the
 * skipped kinds. Everything is copied into a (the tree can go). `bulk`: no positions are kept. */
struct decode_input {
    struct arena *a;
    const struct source *source;
    bool bulk;
    struct str text;            /* with cache: what the positions of the tree count in */
    struct decode_cache *cache; /* NULL = none */
};
void decode_document(const struct decode_input *in, const struct doc_root *doc, struct cluster *c);

/* For doc_reader.unwanted: what no decoder looks at, the schema of a CustomResourceDefinition (half
 * of the bytes of many projects' manifests). */
bool decode_is_unwanted(const struct doc *root, struct str key);

/* One item of a list whose own fields are elsewhere: what the item does not say of its apiVersion
 * and kind, the list's name says (PodList). Either may be absent. */
void decode_list_item(const struct decode_input *in, const struct doc_root *item,
                      struct str list_api_version, struct str list_kind, struct cluster *c);

/* Parts of objects, as tests and other readers meet them (all strings are copied into a). */
void decode_pod(struct arena *a, const struct doc *n, struct pod *ret);
void decode_node(struct arena *a, const struct doc *n, struct node *ret);
void decode_resources(struct arena *a, const struct doc *n, struct resources *ret);
void decode_containers(struct arena *a, const struct doc *n, enum container_kind kind,
                       struct containers *ret);
/* Any kind by its table: ret points to the struct of that kind (see KIND_TABLE). */
void decode_kind(struct arena *a, enum kind kind, const struct doc *n, void *ret);

#endif
