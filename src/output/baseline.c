/* SPDX-License-Identifier: Apache-2.0
 *
 * A baseline as YAML or JSON, one field a line, so that a finding that goes is a block that goes.
 */
#include "output/baseline.h"

#include "base/json_write.h"
#include "base/text.h"

struct counts {
    size_t by_severity[SEV_ERROR + 1], objects, rules;
};

static void count(const struct baseline *b, struct counts *ret)
{
    *ret = (struct counts){0};
    for (size_t r = 0; r < rule_count; r++) {
        bool any = false;
        for (size_t i = 0; i < b->entries.count && !any; i++)
            any = str_is(b->entries.items[i].rule, rule_table[r]->id);
        ret->rules += any;
    }
    for (size_t i = 0; i < b->entries.count; i++) {
        const struct baseline_entry *entry = &b->entries.items[i];
        ret->by_severity[entry->severity]++;
        ret->objects += i == 0 || !str_eq(entry->object, entry[-1].object);
    }
}

static void add_entry(struct json_writer *w, const struct baseline_entry *entry)
{
    json_map(w);
    json_add_str(w, "object", entry->object);
    if (entry->container.p)
        json_add_str(w, "container", entry->container);
    json_add_str(w, "rule", entry->rule);
    json_add_cstr(w, "severity", severity_word(entry->severity));
    if (entry->path.p)
        json_add_str(w, "path", entry->path);
    json_add_str(w, "fingerprint", entry->fingerprint);
    json_map_end(w);
}

void baseline_render(const void *results, const struct out_format *f, struct buf *b)
{
    const struct baseline *baseline = results;
    struct json_writer w;
    struct counts c;
    count(baseline, &c);
    json_writer_init(&w, b, f->word == BASELINE_YAML ? JSON_AS_YAML : JSON_INDENTED);
    json_map(&w);
    json_add_cstr(&w, "apiVersion", "plimsoll.dev/v1");
    json_add_cstr(&w, "kind", "Baseline");
    json_key(&w, "summary");
    json_map(&w);
    json_add_int(&w, "errors", (int64_t)c.by_severity[SEV_ERROR]);
    json_add_int(&w, "warnings", (int64_t)c.by_severity[SEV_WARNING]);
    json_add_int(&w, "infos", (int64_t)c.by_severity[SEV_INFO]);
    json_add_int(&w, "objects", (int64_t)c.objects);
    json_add_int(&w, "rules", (int64_t)c.rules);
    json_map_end(&w);
    json_key(&w, "items");
    json_seq(&w);
    for (size_t i = 0; i < baseline->entries.count; i++)
        add_entry(&w, &baseline->entries.items[i]);
    json_seq_end(&w);
    json_map_end(&w);
    json_writer_end(&w);
}

void baseline_add_summary(const struct baseline *baseline, struct buf *b)
{
    struct counts c;
    count(baseline, &c);
    buf_printf(b, "%zu error%s, %zu warning%s, %zu info of %zu rule%s in %zu object%s\n",
               c.by_severity[SEV_ERROR], c.by_severity[SEV_ERROR] == 1 ? "" : "s",
               c.by_severity[SEV_WARNING], c.by_severity[SEV_WARNING] == 1 ? "" : "s",
               c.by_severity[SEV_INFO], c.rules, c.rules == 1 ? "" : "s", c.objects,
               c.objects == 1 ? "" : "s");
}
