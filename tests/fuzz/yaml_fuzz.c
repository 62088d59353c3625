/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams of documents in whatever format: every tree keeps base/doc.h's promises, documents come
 * in the order of the text, reading on after errors ends, and the direct way to read YAML gives what
 * libyaml's events give.
 */
#include "base/alloc.h"
#include "base/doc.h"
#include "tests/tools/doc_check.h"
#include "tests/tools/doc_equal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct str text;
    struct arena a;
};

static int run(void *arg)
{
    struct input *in = arg;
    struct doc_reader r;
    size_t rounds = 0, before = 0, nodes = 0;
    doc_reader_init(&r, STR("f"), in->text);
    for (;;) {
        struct doc_root root;
        struct err e = {0};
        arena_reset(&in->a);
        int got = doc_read(&r, &in->a, &root, &e);
        if (++rounds > in->text.n + 2)
            __builtin_trap();
        if (got > 0 && (doc_check(&root, in->text, &nodes) || root.start < before))
            __builtin_trap();
        if (got > 0)
            before = root.start;
        if (got < 0 && (!e.code || !e.msg[0] || !e.where[0]))
            __builtin_trap();
        if (got == 0 || (got < 0 && !doc_reader_resync(&r)))
            break;
    }
    doc_reader_done(&r);
    struct pos at;
    if (doc_ways_differ(in->text, &at))
        __builtin_trap();
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
