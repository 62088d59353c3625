/* SPDX-License-Identifier: Apache-2.0
 *
 * .plimsoll.yaml, whose JSON Schema is made by output/config_schema.c:
 *     rules:
 *       image-latest: off
 *       pdb-missing: {severity: error, manyReplicas: 20, only: {namespaces: [prod-*]}}
 *     exclude: {paths: [vendor], namespaces: [kube-system]}
 *     sidecars: [my-proxy]
 */
#include "base/doc.h"
#include "rules/engine.h"

void check_config_init(struct check_config *c, struct arena *a)
{
    memset(c, 0, sizeof(*c));
    c->rules = arena_array(a, struct rule_settings, rule_count);
    for (size_t i = 0; i < rule_count; i++)
        for (size_t n = 0; n < RULE_OPTIONS_MAX; n++)
            c->rules[i].options[n] = rule_table[i]->options[n].value;
}

struct reading {
    struct check_config *c;
    struct arena *a;
    struct str name;
    struct err *e;
};

/* suggestion: NULL if there is none. */
static int refuse(const struct reading *r, const struct doc *n, const char *what, struct str key,
                  const char *suggestion)
{
    struct pos at = n->key_at.line ? n->key_at : n->at;
    if (suggestion)
        return err_at(r->e, EINVAL, r->name, at.line, at.column,
                      "%s \"" STR_FMT "\": did you mean \"%s\"?", what, STR_ARG(key), suggestion);
    return err_at(r->e, EINVAL, r->name, at.line, at.column, "%s \"" STR_FMT "\"", what,
                  STR_ARG(key));
}

static int read_severity(const struct reading *r, const struct doc *n, struct rule_settings *s)
{
    /* YAML 1.1 reads a bare off as the boolean false. */
    if (n->type == DOC_BOOL && str_is(n->text, "false"))
        s->severity = SEV_OFF;
    else if (n->type != DOC_STRING || severity_parse(n->text, &s->severity))
        return refuse(r, n, "not a severity (off, info, warning, error):", n->text, NULL);
    s->severity_set = true;
    return 0;
}

static int read_texts(const struct reading *r, const struct doc *n, const char *what,
                      struct str_list *ret)
{
    if (n->type != DOC_SEQ)
        return refuse(r, n, what, n->key, NULL);
    for (const struct doc *k = n->child; k; k = k->next) {
        if (k->type != DOC_STRING || str_empty(k->text))
            return refuse(r, k, "expected text, not", k->text, NULL);
        *PUSH(r->a, ret) = arena_str(r->a, k->text);
    }
    return 0;
}

static int read_scope_list(const struct reading *r, const struct doc *n, struct scope_list *ret)
{
    static const char *const words[] = {"paths", "namespaces", NULL};
    if (n->type != DOC_MAP)
        return refuse(r, n, "expected a map with paths or namespaces:", n->key, NULL);
    for (const struct doc *k = n->child; k; k = k->next) {
        bool paths = str_is(k->key, "paths");
        if (!paths && !str_is(k->key, "namespaces"))
            return refuse(r, k, "unknown key", k->key, str_nearest(k->key, words));
        int got = read_texts(
            r, k, "expected a list of patterns:", paths ? &ret->paths : &ret->namespaces);
        if (got)
            return got;
    }
    return 0;
}

static int read_option(const struct reading *r, const struct rule *rule, const struct doc *n,
                       struct rule_settings *s)
{
    const char *words[RULE_OPTIONS_MAX + 4] = {"severity", "only", "exclude"};
    size_t count = 3;
    for (size_t i = 0; i < RULE_OPTIONS_MAX && rule->options[i].name; i++) {
        const struct rule_option *o = &rule->options[i];
        words[count++] = o->name;
        if (!str_is(n->key, o->name))
            continue;
        int64_t v;
        if (n->type != DOC_INT || str_to_int64(n->text, &v) || v < o->min || v > o->max)
            return err_at(r->e, EINVAL, r->name, n->at.line, n->at.column,
                          "%s of %s: expected a whole number from %lld to %lld", o->name, rule->id,
                          (long long)o->min, (long long)o->max);
        s->options[i] = v;
        return 0;
    }
    return refuse(r, n, "unknown option", n->key, str_nearest(n->key, words));
}

static int read_setting(const struct reading *r, const struct rule *rule, const struct doc *n,
                        struct rule_settings *s)
{
    if (str_is(n->key, "severity"))
        return read_severity(r, n, s);
    bool only = str_is(n->key, "only");
    if (!only && !str_is(n->key, "exclude"))
        return read_option(r, rule, n, s);
    if (!s->scope)
        s->scope = arena_new(r->a, struct scope);
    return read_scope_list(r, n, only ? &s->scope->only : &s->scope->exclude);
}

static int read_rule(const struct reading *r, const struct doc *n)
{
    const struct rule *rule = rule_find(n->key);
    if (!rule)
        return refuse(r, n, "unknown rule", n->key, rule_suggest(n->key));
    struct rule_settings *s = &r->c->rules[rule_index(rule)];
    if (n->type != DOC_MAP)
        return read_severity(r, n, s);
    for (const struct doc *k = n->child; k; k = k->next) {
        int got = read_setting(r, rule, k, s);
        if (got)
            return got;
    }
    return 0;
}

static int read_rules(const struct reading *r, const struct doc *n)
{
    if (n->type != DOC_MAP)
        return n->type == DOC_NULL ? 0 : refuse(r, n, "expected a map of rules:", n->key, NULL);
    for (const struct doc *k = n->child; k; k = k->next) {
        int got = read_rule(r, k);
        if (got)
            return got;
    }
    return 0;
}

static int read_only(const struct reading *r, const struct doc *n)
{
    return n->type == DOC_NULL ? 0 : read_scope_list(r, n, &r->c->scope.only);
}

static int read_exclude(const struct reading *r, const struct doc *n)
{
    return n->type == DOC_NULL ? 0 : read_scope_list(r, n, &r->c->scope.exclude);
}

static int read_sidecars(const struct reading *r, const struct doc *n)
{
    if (n->type == DOC_NULL)
        return 0;
    return read_texts(r, n, "expected a list of names of containers:", &r->c->sidecars);
}

static const struct {
    const char *key;
    int (*read)(const struct reading *, const struct doc *);
} keys[] = {
    {"rules", read_rules},
    {"only", read_only},
    {"exclude", read_exclude},
    {"sidecars", read_sidecars},
};

static int read_root(const struct reading *r, const struct doc *root)
{
    if (!root || root->type == DOC_NULL)
        return 0;
    if (root->type != DOC_MAP)
        return err_at(r->e, EINVAL, r->name, root->at.line, root->at.column,
                      "expected a map with the keys rules, only, exclude, sidecars");
    const char *words[ARRAY_LEN(keys) + 1] = {0};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        words[i] = keys[i].key;
    for (const struct doc *n = root->child; n; n = n->next) {
        size_t i = 0;
        while (i < ARRAY_LEN(keys) && !str_is(n->key, keys[i].key))
            i++;
        if (i == ARRAY_LEN(keys))
            return refuse(r, n, "unknown key", n->key, str_nearest(n->key, words));
        int got = keys[i].read(r, n);
        if (got)
            return got;
    }
    return 0;
}

int check_config_read(struct check_config *c, struct arena *a, struct str name, struct str text,
                      struct err *e)
{
    struct reading r = {c, a, name, e};
    struct doc_reader reader;
    struct doc_root root;
    doc_reader_init(&reader, name, text);
    int got;
    while ((got = doc_read(&reader, a, &root, e)) > 0) {
        if (root.duplicate_count > 0) {
            const struct doc_duplicate *d = &root.duplicates[0];
            got = err_at(e, EINVAL, name, d->second.line, d->second.column,
                         "\"" STR_FMT "\" is given twice, first in line %u", STR_ARG(d->key),
                         d->first.line);
        } else {
            got = read_root(&r, root.root);
        }
        if (got)
            break;
    }
    doc_reader_done(&reader);
    return got;
}
