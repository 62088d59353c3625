/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading cases and comparing answers.
 */
#include "fidelity.h"
#include "model/decode.h"

struct doc *at(struct check *k, const char *key)
{
    return doc_get(k->c, key);
}

struct str text_at(struct check *k, const char *key)
{
    return doc_text(k->c, key);
}

int64_t int_at(struct check *k, const char *key)
{
    return doc_int(k->c, key, 0);
}

bool bool_at(struct check *k, const char *key)
{
    return doc_bool(k->c, key, false);
}

bool is_null(const struct doc *n)
{
    return !n || n->type == DOC_NULL;
}

struct quantity quantity_of_doc(struct check *k, const struct doc *n)
{
    struct quantity q = {0};
    if (!is_null(n) && quantity_parse(n->text, &q))
        fail(k, "\"%.*s\" is no quantity", STR_ARG(n->text));
    return q;
}

/* The tables call the conditions of a pod "resize". */
static void add_conditions(struct check *k, const struct doc *list, struct conditions *c)
{
    for (const struct doc *d = list && list->type == DOC_SEQ ? list->child : NULL; d; d = d->next)
        *PUSH(k->a, c) = (struct condition){.type = doc_text(d, "type"),
                                            .status = doc_text(d, "status"),
                                            .reason = doc_text(d, "reason")};
}

void pod_of_doc(struct check *k, const struct doc *n, struct pod *ret)
{
    *ret = (struct pod){0};
    if (is_null(n))
        return;
    decode_pod(k->a, n, ret);
    add_conditions(k, doc_path(n, "status.resize"), &ret->status.conditions);
}

void pod_at(struct check *k, const char *key, struct pod *ret)
{
    pod_of_doc(k, at(k, key), ret);
    if (at(k, "pod_level_resources") && !bool_at(k, "pod_level_resources"))
        ret->spec.resources = (struct resource_requirements){0};
}

void resources_of_doc(struct check *k, const struct doc *n, struct resources *ret)
{
    *ret = (struct resources){0};
    if (!is_null(n))
        decode_resources(k->a, n, ret);
}

void strings_of_doc(struct check *k, const struct doc *n, struct str_list *ret)
{
    *ret = (struct str_list){0};
    for (const struct doc *d = is_null(n) ? NULL : n->child; d; d = d->next)
        *PUSH(k->a, ret) = d->text;
}

void labels_of_doc(struct check *k, const struct doc *n, struct labels *ret)
{
    *ret = (struct labels){0};
    for (const struct doc *d = is_null(n) ? NULL : n->child; d; d = d->next)
        *PUSH(k->a, ret) = (struct label){.key = d->key, .value = d->text};
}

/* ---- comparing ---- */

void fail(struct check *k, const char *fmt, ...)
{
    va_list va;
    va_start(va, fmt);
    buf_add_cstr(k->out, "    ");
    buf_vprintf(k->out, fmt, va);
    buf_add_char(k->out, '\n');
    va_end(va);
    k->failed = true;
}

void expect_int(struct check *k, const char *what, int64_t want, int64_t got)
{
    if (want != got)
        fail(k, "%s: expected %lld, got %lld", what, (long long)want, (long long)got);
}

void expect_bool(struct check *k, const char *what, bool want, bool got)
{
    if (want != got)
        fail(k, "%s: expected %s, got %s", what, want ? "true" : "false", got ? "true" : "false");
}

void expect_text(struct check *k, const char *what, struct str want, struct str got)
{
    if (!str_eq(want, got))
        fail(k, "%s: expected \"" STR_FMT "\", got \"" STR_FMT "\"", what, STR_ARG(want),
             STR_ARG(got));
}

void expect_quantity(struct check *k, const char *what, struct quantity want, struct quantity got)
{
    char w[QUANTITY_TEXT], g[QUANTITY_TEXT];
    if (quantity_cmp(want, got)) {
        (void)quantity_text(want, w);
        (void)quantity_text(got, g);
        fail(k, "%s: expected %s, got %s", what, w, g);
    }
}

void expect_resources(struct check *k, const char *what, const struct doc *want,
                      const struct resources *got)
{
    size_t count = is_null(want) ? 0 : want->count;
    for (const struct doc *d = count ? want->child : NULL; d; d = d->next) {
        const struct resource_amount *m = resources_find_str(got, d->key);
        struct str name = arena_printf(k->a, "%s[" STR_FMT "]", what, STR_ARG(d->key));
        if (m)
            expect_quantity(k, name.p, quantity_of_doc(k, d), m->q);
        else
            fail(k, "%s: expected " STR_FMT ", got none", name.p, STR_ARG(d->text));
    }
    if (got->count != count)
        fail(k, "%s: expected %zu resources, got %zu", what, count, got->count);
}

static struct str join(struct check *k, const struct str_list *l)
{
    struct str s = STR("");
    for (size_t i = 0; i < l->count; i++)
        s = arena_printf(k->a, STR_FMT "%s" STR_FMT, STR_ARG(s), i ? ", " : "",
                         STR_ARG(l->items[i]));
    return s;
}

void expect_strings(struct check *k, const char *what, const struct str_list *want,
                    const struct str_list *got)
{
    expect_text(k, what, join(k, want), join(k, got));
}

void expect_opt(struct check *k, const char *what, const struct doc *want, struct opt_int got)
{
    int64_t v = 0;
    if (!is_null(want) && str_to_int64(want->text, &v))
        fail(k, "%s: \"" STR_FMT "\" is no number", what, STR_ARG(want->text));
    expect_int(k, what, v, got.set ? got.v : 0);
}
