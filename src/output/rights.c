/* SPDX-License-Identifier: Apache-2.0
 *
 * Rights as a table of verbs, and what to ask an administrator for.
 */
#include "output/rights_role.h"

#include "base/json_write.h"
#include "base/text.h"
#include "output/table.h"

enum { SHOWN = 4 }; /* resources in a row of the table; -o json names all */

static const char *const answer_words[] = {
    [RIGHTS_YES] = "yes", [RIGHTS_PARTLY] = "partly", [RIGHTS_NO] = "no"};

static bool any_missing(const struct rights_results *r)
{
    for (size_t i = 0; i < r->rights->count; i++)
        if (rights_misses(&r->rights->items[i], r->uses))
            return true;
    return false;
}

/* ---- text ---- */

static void add_missing_cell(struct table *t, const struct rights_results *r, unsigned use)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 64 * KIB);
    size_t missing = 0;
    for (size_t i = 0; i < r->rights->count; i++) {
        if (!rights_misses(&r->rights->items[i], use) || ++missing > SHOWN)
            continue;
        buf_add_cstr(&b, b.n ? ", " : "");
        buf_add_str(&b, api_resource_name(r->rights->items[i].resource, r->arena));
    }
    if (missing > SHOWN)
        buf_printf(&b, " and %zu more", missing - SHOWN);
    table_add(t, buf_str(&b), STYLE_PLAIN);
}

static void add_table(const struct rights_results *r, const struct out_format *f, struct buf *b)
{
    static const struct table_column columns[] = {
        {.title = "VERB"}, {.title = "ANSWER"}, {.title = "MAY NOT READ", .may_lack = true}};
    static const enum table_style styles[] = {
        [RIGHTS_YES] = STYLE_GOOD, [RIGHTS_PARTLY] = STYLE_WARN, [RIGHTS_NO] = STYLE_BAD};
    struct table t;
    table_init(&t, r->arena, columns, ARRAY_LEN(columns));
    for (unsigned i = 0; i < USE_COUNT; i++) {
        if (!(r->uses & 1U << i))
            continue;
        enum rights_answer answer = rights_answer(r->rights, 1U << i);
        table_add(&t, str_of(api_use_words[i]), STYLE_PLAIN);
        table_add(&t, str_of(answer_words[answer]), styles[answer]);
        add_missing_cell(&t, r, 1U << i);
        table_row_end(&t);
    }
    table_render(&t, f, b);
}

static void add_text(const struct rights_results *r, const struct out_format *f, struct buf *b)
{
    buf_add_cstr(b, "user ");
    if (r->rights->user.n)
        text_add_clean(b, r->rights->user);
    else
        buf_add_cstr(b, "not told by the server");
    buf_add_cstr(b, r->rights->ns.n ? ", namespace " : ", all namespaces");
    text_add_clean(b, r->rights->ns);
    buf_add_cstr(b, "\n\n");
    add_table(r, f, b);
    if (!any_missing(r))
        return;
    buf_add_cstr(b,
                 "\nWhat is missing, for somebody who may give it (-o role prints this alone, for "
                 "kubectl apply -f -):\n\n");
    rights_add_missing_roles(r, b);
}

/* ---- JSON ---- */

static void add_missing_names(struct json_writer *w, const struct rights_results *r, unsigned use)
{
    json_key(w, "mayNotRead");
    json_seq(w);
    for (size_t i = 0; i < r->rights->count; i++)
        if (rights_misses(&r->rights->items[i], use))
            json_str(w, api_resource_name(r->rights->items[i].resource, r->arena));
    json_seq_end(w);
}

static void add_json(const struct rights_results *r, enum json_style style, struct buf *b)
{
    struct json_writer w;
    json_writer_init(&w, b, style);
    json_map(&w);
    json_add_cstr(&w, "apiVersion", "plimsoll.dev/v1");
    json_add_cstr(&w, "kind", "RightsReport");
    json_key(&w, "summary");
    json_map(&w);
    json_add_str(&w, "user", r->rights->user);
    json_add_str(&w, "namespace", r->rights->ns);
    struct buf role CLEANUP(buf_done);
    buf_init(&role, MIB);
    rights_add_missing_roles(r, &role);
    json_add_str(&w, "missingRole", role.n ? buf_str(&role) : STR_NONE);
    json_map_end(&w);
    json_key(&w, "items");
    json_seq(&w);
    for (unsigned i = 0; i < USE_COUNT; i++) {
        if (!(r->uses & 1U << i))
            continue;
        json_map(&w);
        json_add_cstr(&w, "verb", api_use_words[i]);
        json_add_cstr(&w, "answer", answer_words[rights_answer(r->rights, 1U << i)]);
        add_missing_names(&w, r, 1U << i);
        json_map_end(&w);
    }
    json_seq_end(&w);
    json_map_end(&w);
    json_writer_end(&w);
}

void rights_render(const void *results, const struct out_format *f, struct buf *b)
{
    const struct rights_results *r = results;
    switch ((enum rights_format)f->word) {
    case RIGHTS_TEXT:
        add_text(r, f, b);
        break;
    case RIGHTS_JSON:
        add_json(r, JSON_INDENTED, b);
        break;
    case RIGHTS_AS_YAML:
        add_json(r, JSON_AS_YAML, b);
        break;
    case RIGHTS_ROLE:
        rights_add_missing_roles(r, b);
        break;
    }
}
