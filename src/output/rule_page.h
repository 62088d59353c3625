/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules themselves: the list, one rule's page, and the same as JSON or Markdown.
 */
#ifndef OUTPUT_RULE_PAGE_H
#define OUTPUT_RULE_PAGE_H

#include "output/out.h"
#include "rules/rule.h"

enum rule_format { RULE_TEXT, RULE_JSON, RULE_YAML, RULE_MARKDOWN, RULE_SCHEMA };

struct rule_results {
    struct arena *arena;
    const struct rule **rules; /* one: its page; else the list */
    size_t count;
    bool page;
};
/* An out_render_fn: results is a struct rule_results, f->word an enum rule_format. */
void rules_render(const void *results, const struct out_format *f, struct buf *b);

/* The page of one rule in Markdown; SARIF carries it too. */
void rule_page_add_markdown(const struct rule *r, struct buf *b);

/* The JSON Schema of .plimsoll.yaml, as JSON. */
void config_schema_add(struct buf *b);

#endif
