/* SPDX-License-Identifier: Apache-2.0
 *
 * Known findings: taken from a judgement, in an order that makes small diffs, and met again in
 * another.
 */
#include "rules/baseline.h"

#include "base/sha256.h"

static struct str object_text(struct arena *a, const struct finding *f)
{
    const struct object *o = f->object;
    if (!o)
        return str_empty(f->file) ? STR("the cluster") : f->file;
    return arena_printf(a, STR_FMT "%s" STR_FMT "%s" STR_FMT, STR_ARG(o->kind_text),
                        str_empty(o->name) ? "" : " ", STR_ARG(o->ns), str_empty(o->ns) ? "" : "/",
                        STR_ARG(o->name));
}

/* Below the container, which the entry names: its index would change with its neighbours. */
static struct str path_text(const struct finding *f)
{
    ptrdiff_t at = f->container.p ? str_find(f->path, "ontainers[") : -1;
    if (at >= 0) {
        struct str rest = str_sub(f->path, (size_t)at, f->path.n);
        ptrdiff_t end = str_find(rest, "].");
        if (end >= 0)
            return str_sub(rest, (size_t)end + 2, rest.n);
    }
    return str_empty(f->path) ? STR_NONE : f->path;
}

static struct str key_of(struct arena *a, struct finding *f, bool by_content)
{
    char hex[SHA256_HEX];
    struct sha256 s;
    if (f->object || !by_content)
        return str_of(finding_fingerprint(f));
    struct str name = f->file;
    ptrdiff_t slash = str_rfind_char(name, '/');
    if (slash >= 0)
        name = str_sub(name, (size_t)slash + 1, name.n);
    struct str text = arena_printf(a, "%s " STR_FMT " " STR_FMT " " STR_FMT, f->rule->id,
                                   STR_ARG(name), STR_ARG(f->path), STR_ARG(f->message));
    sha256_init(&s);
    sha256_add(&s, text.p, text.n);
    sha256_hex(&s, hex);
    return arena_str(a, str_of(hex));
}

static int compare(const void *x, const void *y)
{
    const struct baseline_entry *a = x, *b = y;
    int r = str_cmp(a->object, b->object);
    if (r == 0)
        r = str_cmp(a->container, b->container);
    if (r == 0)
        r = str_cmp(a->rule, b->rule);
    if (r == 0)
        r = str_cmp(a->path, b->path);
    if (r == 0)
        r = (int)b->severity - (int)a->severity;
    return r ? r : str_cmp(a->fingerprint, b->fingerprint);
}

/* One object in two files gives a finding twice: the worse entry stays. */
static void sort(struct baseline *b)
{
    size_t kept = 0;
    if (b->entries.count)
        qsort(b->entries.items, b->entries.count, sizeof(*b->entries.items), compare);
    for (size_t i = 0; i < b->entries.count; i++)
        if (kept == 0 ||
            !str_eq(b->entries.items[i].fingerprint, b->entries.items[kept - 1].fingerprint))
            b->entries.items[kept++] = b->entries.items[i];
    b->entries.count = kept;
}

void baseline_from(struct baseline *ret, struct arena *a, const struct judgement *j,
                   enum severity least, bool by_content)
{
    memset(ret, 0, sizeof(*ret));
    for (size_t i = 0; i < j->findings.count; i++) {
        struct finding *f = j->findings.items[i];
        if (!finding_is_open(f) || f->severity < least)
            continue;
        *PUSH(a, &ret->entries) = (struct baseline_entry){
            .rule = str_of(f->rule->id),
            .object = object_text(a, f),
            .container = f->container,
            .path = path_text(f),
            .severity = f->severity,
            .fingerprint = key_of(a, f, by_content),
            .finding = f,
        };
    }
    sort(ret);
}

void baseline_apply(struct baseline *b, struct arena *a, struct judgement *j,
                    enum finding_known known)
{
    struct map by_fingerprint CLEANUP(map_done);
    map_init(&by_fingerprint);
    for (size_t i = 0; i < b->entries.count; i++)
        map_put(&by_fingerprint, b->entries.items[i].fingerprint, &b->entries.items[i]);
    for (size_t i = 0; i < j->findings.count; i++) {
        struct finding *f = j->findings.items[i];
        struct baseline_entry *entry =
            map_get(&by_fingerprint, key_of(a, f, known == KNOWN_BEFORE));
        if (f->suppressed || !entry)
            continue;
        entry->met = true;
        if (f->known || f->severity > entry->severity)
            continue;
        f->known = known;
        j->by_severity[f->severity]--;
        j->known[known]++;
    }
    b->stale = 0;
    for (size_t i = 0; i < b->entries.count; i++)
        b->stale +=
            !((struct baseline_entry *)map_get(&by_fingerprint, b->entries.items[i].fingerprint))
                 ->met;
}

/* ---- reading ---- */

struct reading {
    struct baseline *b;
    struct arena *a;
    struct str name;
    struct err *e;
};

static int refuse(const struct reading *r, const struct doc *n, const char *what)
{
    struct pos at = n->key_at.line ? n->key_at : n->at;
    return err_at(r->e, EINVAL, r->name, at.line, at.column, "%s", what);
}

static int unknown_key(const struct reading *r, const struct doc *n, const char *const *words)
{
    const char *best = str_nearest(n->key, words);
    return err_at(r->e, EINVAL, r->name, n->key_at.line, n->key_at.column,
                  best ? "unknown key \"" STR_FMT "\": did you mean \"%s\"?"
                       : "unknown key \"" STR_FMT "\"",
                  (int)MIN(n->key.n, 80U), n->key.p, best);
}

static bool is_fingerprint(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
            return false;
    return s.n == 64;
}

static const char *const entry_keys[] = {"rule", "severity",    "object", "container",
                                         "path", "fingerprint", NULL};

static int read_entry(const struct reading *r, const struct doc *n)
{
    if (n->type != DOC_MAP)
        return refuse(r, n, "expected a finding: a map with the keys rule, severity, fingerprint");
    struct baseline_entry entry = {0};
    for (const struct doc *k = n->child; k; k = k->next) {
        struct str text = k->type == DOC_NULL ? STR_NONE : arena_str(r->a, k->text);
        if (str_is(k->key, "rule"))
            entry.rule = text;
        else if (str_is(k->key, "object"))
            entry.object = text;
        else if (str_is(k->key, "container"))
            entry.container = text;
        else if (str_is(k->key, "path"))
            entry.path = text;
        else if (str_is(k->key, "fingerprint"))
            entry.fingerprint = text;
        else if (!str_is(k->key, "severity"))
            return unknown_key(r, k, entry_keys);
        else if (severity_parse(text, &entry.severity) || entry.severity == SEV_OFF)
            return refuse(r, k, "severity: expected error, warning or info");
    }
    if (!is_fingerprint(entry.fingerprint))
        return refuse(r, n, "fingerprint: expected 64 hexadecimal digits, as in -o json");
    if (entry.severity == SEV_OFF || str_empty(entry.rule))
        return refuse(r, n, "rule and severity are missing");
    *PUSH(r->a, &r->b->entries) = entry;
    return 0;
}

static int read_root(const struct reading *r, const struct doc *root)
{
    static const char *const keys[] = {"apiVersion", "kind", "summary", "items", NULL};
    if (!root)
        return 0;
    if (!str_is(doc_text(root, "kind"), "Baseline") ||
        !str_is(doc_text(root, "apiVersion"), "plimsoll.dev/v1"))
        return refuse(r, root,
                      "expected kind Baseline of plimsoll.dev/v1, as \"plimsoll baseline\" "
                      "writes it");
    for (const struct doc *k = root->child; k; k = k->next) {
        size_t i = 0;
        while (keys[i] && !str_is(k->key, keys[i]))
            i++;
        if (!keys[i])
            return unknown_key(r, k, keys);
        if (!str_is(k->key, "items"))
            continue;
        if (k->type != DOC_SEQ)
            return refuse(r, k, "items: expected a list of findings");
        for (const struct doc *item = k->child; item; item = item->next) {
            int got = read_entry(r, item);
            if (got)
                return got;
        }
    }
    return 0;
}

int baseline_read(struct baseline *ret, struct arena *a, struct str name, struct str text,
                  struct err *e)
{
    struct reading r = {ret, a, name, e};
    struct doc_reader reader;
    struct doc_root root;
    bool any = false;
    int got;
    memset(ret, 0, sizeof(*ret));
    doc_reader_init(&reader, name, text);
    while ((got = doc_read(&reader, a, &root, e)) > 0) {
        any = any || root.root;
        got = read_root(&r, root.root);
        if (got)
            break;
    }
    doc_reader_done(&reader);
    if (got == 0 && !any)
        got = err_at(e, EINVAL, name, 1, 1, "is empty: \"plimsoll baseline\" writes it");
    if (got == 0)
        sort(ret);
    return got;
}
