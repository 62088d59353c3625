/* SPDX-License-Identifier: Apache-2.0
 *
 * What a snapshot makes of documents: one line of JSON for each, of the same shape with names replaced;
 * a snapshot of a snapshot is the last.
 */
#include "base/alloc.h"
#include "base/json.h"
#include "base/json_write.h"
#include "model/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct str text;
    struct arena a;
    struct redact *redact;
};

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static const struct doc *parsed(struct input *in, struct str line)
{
    struct doc_root root = {0};
    require(str_find_char(line, '\n') < 0);
    require(json_parse(STR("line"), arena_str(&in->a, line), &in->a, &root, NULL) == 0);
    return root.root;
}

static void require_same_shape(const struct doc *x, const struct doc *y)
{
    require(x->type == y->type && x->count == y->count);
    const struct doc *other = y->child;
    for (const struct doc *c = x->child; c; c = c->next, other = other->next)
        require_same_shape(c, other);
    require(!other);
}

static struct str recorded(struct input *in, const struct doc *object,
                           const struct record_names *names, enum record_result *ret)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, (size_t)256 << 20);
    *ret = record_add(&b, object, STR_NONE, STR_NONE, names);
    require(!b.overflow && (*ret != RECORD_NOTHING || !b.n));
    return arena_str(&in->a, buf_str(&b));
}

/* A document of more nodes makes longer lines than the fuzzer should spend time on. */
static void take(struct input *in, const struct doc *object)
{
    static const struct record_names plain = {0};
    enum record_result first, again;
    struct str line = recorded(in, object, &plain, &first);
    if (first == RECORD_NOTHING)
        return;
    const struct doc *made = parsed(in, line);
    struct str redacted = recorded(in, object, &(struct record_names){.all = in->redact}, &again);
    require(again == first);
    require_same_shape(made, parsed(in, redacted));
    struct str commands =
        recorded(in, object, &(struct record_names){.commands = in->redact}, &again);
    require(again == first);
    require_same_shape(made, parsed(in, commands));
    /* A variable that only a masked word mentions goes with the second. */
    struct str second = recorded(in, made, &plain, &again);
    require(again == first);
    struct str third = recorded(in, parsed(in, second), &plain, &again);
    require(again == first && str_eq(second, third));
}

static int run(void *arg)
{
    struct input *in = arg;
    struct doc_reader r;
    struct doc_root root;
    int got;
    doc_reader_init(&r, STR("f.yaml"), in->text);
    do {
        while ((got = doc_read(&r, &in->a, &root, NULL)) > 0)
            if (root.root)
                take(in, root.root);
    } while (got < 0 && doc_reader_resync(&r));
    doc_reader_done(&r);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct redact redact;
    static bool begun;
    struct input in = {.text = {(const char *)data, size}, .redact = &redact};
    if (size > (1 << 16))
        return 0;
    if (!begun)
        redact_init(&redact, STR("key"), NULL);
    begun = true;
    arena_init(&in.a);
    require(mem_protect(run, &in) == 0);
    arena_done(&in.a);
    return 0;
}
