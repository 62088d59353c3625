/* SPDX-License-Identifier: Apache-2.0
 *
 * .plimsoll.yaml, the part about rules:
 *     rules:
 *       image-latest: off
 *       pdb-missing: {severity: error, manyReplicas: 20}
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

static const char *nearest(struct str key, const char *const *words, size_t count)
{
    const char *best = NULL;
    unsigned least = 4;
    for (size_t i = 0; i < count; i++) {
        unsigned d = str_distance(key, str_of(words[i]));
        if (d < least) {
            least = d;
            best = words[i];
        }
    }
    return best;
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

static int read_option(const struct reading *r, const struct rule *rule, const struct doc *n,
                       struct rule_settings *s)
{
    const char *words[RULE_OPTIONS_MAX + 1] = {"severity"};
    size_t count = 1;
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
    return refuse(r, n, "unknown option", n->key, nearest(n->key, words, count));
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
        int got = str_is(k->key, "severity") ? read_severity(r, k, s) : read_option(r, rule, k, s);
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

static int read_sidecars(const struct reading *r, const struct doc *n)
{
    if (n->type != DOC_SEQ)
        return n->type == DOC_NULL ? 0 : refuse(r, n, "expected a list of names:", n->key, NULL);
    for (const struct doc *k = n->child; k; k = k->next) {
        if (k->type != DOC_STRING)
            return refuse(r, k, "not a container name:", k->text, NULL);
        *PUSH(r->a, &r->c->sidecars) = arena_str(r->a, k->text);
    }
    return 0;
}

static const struct {
    const char *key;
    int (*read)(const struct reading *, const struct doc *);
} keys[] = {{"rules", read_rules}, {"sidecars", read_sidecars}};

static int read_root(const struct reading *r, const struct doc *root)
{
    if (!root || root->type == DOC_NULL)
        return 0;
    if (root->type != DOC_MAP)
        return err_at(r->e, EINVAL, r->name, root->at.line, root->at.column,
                      "expected a map with the keys rules and sidecars");
    const char *words[ARRAY_LEN(keys)];
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        words[i] = keys[i].key;
    for (const struct doc *n = root->child; n; n = n->next) {
        size_t i = 0;
        while (i < ARRAY_LEN(keys) && !str_is(n->key, keys[i].key))
            i++;
        if (i == ARRAY_LEN(keys))
            return refuse(r, n, "unknown key", n->key, nearest(n->key, words, ARRAY_LEN(words)));
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
