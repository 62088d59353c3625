/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of Monte Carlo runs (kind SimulationRunsShard): any document is taken or refused with a message,
 * and what is taken can be merged and printed. A digest that does not fit ends the reading last of
 * all; here it does not, so that mutations reach what comes after.
 */
#include "base/alloc.h"
#include "output/simulate_runs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct str text;
    struct arena a;
};

static void print(struct arena *a, const struct runs_result *r, int word)
{
    struct simulate_runs_results results = {.arena = a, .result = r, .top = 10, .digest = true};
    struct out_format f = {.word = word};
    struct buf b CLEANUP(buf_done);
    buf_init(&b, OUT_MAX_BYTES);
    simulate_runs_render(&results, &f, &b);
    for (size_t i = 0; word == SIMULATE_TEXT && i < b.n; i++)
        if ((unsigned char)b.p[i] < 0x20 && b.p[i] != '\n')
            __builtin_trap();
}

static int run(void *arg)
{
    struct input *in = arg;
    struct doc_reader reader;
    struct doc_root root = {0};
    struct err e = {0};
    struct runs_result part = {0}, whole;
    struct str name = STR("part.json");
    doc_reader_init(&reader, name, in->text);
    int got = doc_read(&reader, &in->a, &root, &e);
    doc_reader_done(&reader);
    if (got <= 0 || !root.root)
        return 0;
    if (runs_read(&in->a, root.root, &part, &e) < 0) {
        if (!e.msg[0])
            __builtin_trap();
        if (str_find(str_of(e.msg), "digest") < 0)
            return 0;
    }
    if (runs_merge(&in->a, &part, &name, 1, &whole, &e) < 0)
        return 0;
    print(&in->a, &whole, SIMULATE_TEXT);
    print(&in->a, &whole, SIMULATE_JSON);
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
