/* SPDX-License-Identifier: Apache-2.0
 *
 * check --fix on any text: what was readable stays readable, every edit that was made stands the proof
 * of tests/fix (values, text, what was fixed is not found again), and a second time there is nothing
 * to do. The first byte chooses whether amounts are given, and plain --fix or --fix=all.
 */
#include "base/alloc.h"
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct str text;
    bool sized;
    enum fix_level level;
    struct arena a;
};

static int run(void *arg)
{
    struct input *in = arg;
    const struct wanted wanted = {in->level, in->sized ? 64 * MIB : 0, in->sized ? 64 * MIB : 0,
                                  true};
    struct world before, after;
    world_make(&before, in->text, &wanted, &in->a);
    world_make(&after, before.rewrite.result, &wanted, &in->a);
    if (after.unreadable && !before.unreadable)
        __builtin_trap();
    for (size_t g = 0; g < after.rewrite.count; g++)
        if (after.rewrite.groups[g].done)
            __builtin_trap();
    /* What else is found is a matter of rules. */
    after.judgement.findings.count = 0;
    if (world_prove(&before, &after, STR_NONE, &in->a))
        __builtin_trap();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {.text = {(const char *)data + 1, size - 1}};
    if (size < 2 || size > 20000)
        return 0;
    in.sized = data[0] & 1;
    in.level = data[0] & 2 ? FIX_SAFE : FIX_ALL;
    arena_init(&in.a);
    (void)mem_protect(run, &in);
    arena_done(&in.a);
    return 0;
}
