/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares what a language runtime is told about its heap (JVM -Xmx and MaxRAMPercentage, Node's
 * --max-old-space-size, Go's GOMEMLIMIT) with the container's memory limit. A heap as large as the
 * limit ends in an OOM kill before the runtime ever collects in earnest; one that leaves less than a
 * tenth for everything else is a warning.
 */
#include "rules/facts.h"

enum { OPTION_PERCENT };

/* "-Xmx2g", "2048m", "750MiB", plain bytes. 0 if it is no size. */
static int64_t size_bytes(struct str s, int64_t plain)
{
    size_t n = 0;
    int64_t number;
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    if (n == 0 || n > 15 || str_to_int64(str_sub(s, 0, n), &number))
        return 0;
    int64_t unit = plain;
    switch (n < s.n ? s.p[n] | 0x20 : 0) {
    case 'k':
        unit = KIB;
        break;
    case 'm':
        unit = MIB;
        break;
    case 'g':
        unit = GIB;
        break;
    case 't':
        unit = 1024 * GIB;
        break;
    default:
        break;
    }
    return number > INT64_MAX / unit ? INT64_MAX : number * unit;
}

/* The text after the last `flag` (the last one counts), up to a blank or quote; absent if none. */
static struct str value_after(struct str text, const char *flag)
{
    struct str found = STR_NONE;
    for (ptrdiff_t at; (at = str_find(text, flag)) >= 0;) {
        text = str_sub(text, (size_t)at + strlen(flag), text.n);
        size_t n = 0;
        while (n < text.n && !strchr(" \t\n\"'", text.p[n]))
            n++;
        found = str_sub(text, 0, n);
    }
    return found;
}

struct heap {
    const char *what;
    int64_t bytes;
};

static struct heap heap_in(struct str text, int64_t limit_bytes)
{
    struct str v = value_after(text, "-Xmx");
    if (v.p)
        return (struct heap){"-Xmx", size_bytes(v, 1)};
    v = value_after(text, "-XX:MaxRAMPercentage=");
    double percent;
    if (v.p && str_to_double(v, &percent) == 0 && percent > 0 && percent <= 1000)
        return (struct heap){"MaxRAMPercentage", (int64_t)((double)limit_bytes * percent / 100)};
    v = value_after(text, "--max-old-space-size=");
    if (!v.p)
        v = value_after(text, "--max_old_space_size=");
    if (v.p)
        return (struct heap){"--max-old-space-size", size_bytes(v, MIB)};
    return (struct heap){0};
}

static void compare(const struct rule_ctx *c, const struct container *k, struct place where,
                    struct heap heap, int64_t limit_bytes)
{
    if (heap.bytes <= 0 || heap.bytes / 100 * 100 < limit_bytes / 100 * c->options[OPTION_PERCENT])
        return;
    bool over = heap.bytes >= limit_bytes;
    finding_as(c, over ? SEV_ERROR : SEV_WARNING, where,
               "%s lets the heap of %s grow to %s, %s its memory limit of %s", heap.what,
               say_container(c, k), say_bytes(c, heap.bytes),
               over ? "which is no less than" : "which leaves under a tenth for the rest of",
               say_bytes(c, limit_bytes));
}

static void check_words(const struct rule_ctx *c, const struct container *k,
                        const struct str_list *words, struct place where, int64_t limit_bytes)
{
    for (size_t i = 0; i < words->count; i++)
        compare(c, k, where, heap_in(words->items[i], limit_bytes), limit_bytes);
}

static void check(const struct rule_ctx *c, const struct container *k)
{
    const struct resource_amount *limit = memory_limit(&k->resources);
    if (!limit)
        limit = memory_limit(&c->w->tmpl.spec.resources);
    if (!limit)
        return;
    int64_t limit_bytes = quantity_value(limit->q);
    check_words(c, k, &k->command, AT(k->command_at, "command"), limit_bytes);
    check_words(c, k, &k->args, AT(k->args_at, "args"), limit_bytes);
    for (size_t i = 0; i < k->env.count; i++) {
        const struct env_var *v = &k->env.items[i];
        bool go = str_is(v->name, "GOMEMLIMIT");
        if (!go && str_find(v->name, "OPT") < 0)
            continue;
        struct heap heap = go ? (struct heap){"GOMEMLIMIT", size_bytes(v->value, 1)}
                              : heap_in(v->value, limit_bytes);
        compare(c, k, AT(v->at, say(c, "env[%zu].value", i)), heap, limit_bytes);
    }
}

const struct rule rule_runtime_heap_over_limit = {
    .id = "runtime-heap-over-limit",
    .severity = SEV_ERROR,
    .title = "The runtime's heap may grow past the container's memory limit",
    .why = "the kernel kills the container before the runtime feels any pressure to collect; "
           "stacks, code, buffers and off-heap memory come on top of the heap",
    .fix = "keep the heap at 75 percent of the memory limit or less, or raise the limit",
    .options = {{"percent", 90, 1, 100,
                 "from how much of the limit on a heap is reported (100 and more is an error)"}},
    .container = check,
};
