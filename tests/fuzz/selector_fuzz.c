/* SPDX-License-Identifier: Apache-2.0
 *
 * A PodDisruptionBudget whose selector is matched with its own labels: a selector matches when each
 * of its parts does, and the same labels in another order change nothing.
 */
#include "base/alloc.h"
#include "model/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct str text;
    struct arena a;
};

static void check(struct arena *a, const struct label_selector *s, const struct labels *l)
{
    bool whole = selector_matches(s, l), parts = s->present;
    for (size_t i = 0; i < s->match_labels.count; i++) {
        const struct label_selector one = {
            .present = true, .match_labels = {.items = &s->match_labels.items[i], .count = 1}};
        parts &= selector_matches(&one, l);
    }
    for (size_t i = 0; i < s->expressions.count; i++)
        parts &= requirement_matches(&s->expressions.items[i], l);
    if (whole != parts)
        __builtin_trap();
    struct labels turned = {.items = arena_array(a, struct label, l->count), .count = l->count};
    for (size_t i = 0; i < l->count; i++)
        turned.items[l->count - 1 - i] = l->items[i];
    if (whole != selector_matches(s, &turned))
        __builtin_trap();
}

static int run(void *arg)
{
    struct input *in = arg;
    struct doc_reader r;
    struct doc_root root;
    struct err e;
    doc_reader_init(&r, STR("f"), in->text);
    while (doc_read(&r, &in->a, &root, &e) > 0) {
        struct pdb pdb = {0};
        if (root.root)
            decode_kind(&in->a, KIND_PDB, root.root, &pdb);
        check(&in->a, &pdb.selector, &pdb.o.labels);
    }
    doc_reader_done(&r);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {.text = {(const char *)data, size}};
    arena_init(&in.a);
    if (mem_protect(run, &in))
        __builtin_trap();
    arena_done(&in.a);
    return 0;
}
