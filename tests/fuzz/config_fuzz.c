/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that people write for check: a configuration and a baseline. Any text is taken or refused
 * with a message.
 */
#include "base/alloc.h"
#include "rules/baseline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct str text;
    struct arena a;
};

static int run(void *arg)
{
    struct input *in = arg;
    struct check_config config;
    struct baseline baseline;
    struct err e = {0};
    check_config_init(&config, &in->a);
    if (check_config_read(&config, &in->a, STR("c"), in->text, &e) && !e.msg[0])
        __builtin_trap();
    e = (struct err){0};
    if (baseline_read(&baseline, &in->a, STR("b"), in->text, &e) && !e.msg[0])
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
