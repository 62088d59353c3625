/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings as JSON or YAML: kind FindingList, docs/schema/finding-list.json. All findings, the
 * suppressed ones too (they say so).
 */
#include "output/findings.h"

static void add_object(struct json_writer *w, const struct object *o)
{
    json_key(w, "object");
    if (!o) {
        json_null(w);
        return;
    }
    json_map(w);
    json_add_str(w, "apiVersion", o->api_version);
    json_add_str(w, "kind", o->kind_text);
    json_add_str(w, "namespace", str_empty(o->ns) ? STR_NONE : o->ns);
    json_add_str(w, "name", str_empty(o->name) ? STR_NONE : o->name);
    json_map_end(w);
}

static void add_number(struct json_writer *w, const char *key, uint32_t v)
{
    if (v)
        json_add_int(w, key, v);
    else
        json_add_null(w, key);
}

static const char *const known_words[] = {
    [KNOWN_NOT] = NULL,
    [KNOWN_BASELINE] = "baseline",
    [KNOWN_BEFORE] = "before",
};

static void add_finding(struct json_writer *w, struct finding *f)
{
    json_map(w);
    json_add_cstr(w, "rule", f->rule->id);
    json_add_cstr(w, "severity", severity_word(f->severity));
    json_add_str(w, "message", f->message);
    json_add_str(w, "why", f->why);
    json_add_str(w, "fix", f->fix);
    add_object(w, f->object);
    json_add_str(w, "container", f->container);
    json_add_str(w, "path", str_empty(f->path) ? STR_NONE : f->path);
    json_add_str(w, "file", f->file);
    add_number(w, "line", f->at.line);
    add_number(w, "column", f->at.column);
    json_add_cstr(w, "fingerprint", finding_fingerprint(f));
    json_add_bool(w, "suppressed", f->suppressed);
    json_add_str(w, "suppressedReason", f->suppress_reason);
    json_add_cstr(w, "known", known_words[f->known]);
    json_map_end(w);
}

static void add_cannot_list(struct json_writer *w, const struct cluster *c, uint64_t lacks)
{
    json_key(w, "cannotList");
    json_seq(w);
    for (size_t i = 0; i < c->unlisted.count; i++)
        if (lacks >> c->unlisted.items[i].kind & 1)
            json_str(w, c->unlisted.items[i].resource);
    json_seq_end(w);
}

static void add_not_judged(struct json_writer *w, const struct findings_results *r)
{
    const struct judgement *j = r->judgement;
    json_key(w, "notJudged");
    json_seq(w);
    for (size_t i = 0; i < j->not_judged.count; i++) {
        json_map(w);
        json_add_cstr(w, "rule", j->not_judged.items[i].rule->id);
        json_add_int(w, "objects", (int64_t)j->not_judged.items[i].count);
        add_cannot_list(w, r->cluster, j->not_judged.items[i].lacks);
        json_map_end(w);
    }
    json_seq_end(w);
}

/* The live cluster that was read, and what of it could not be. */
static void add_live(struct json_writer *w, const struct cluster *c)
{
    json_key(w, "live");
    if (!c->live) {
        json_null(w);
        return;
    }
    json_map(w);
    json_add_str(w, "context", c->live->context);
    json_add_str(w, "server", c->live->server);
    json_add_str(w, "namespace", c->live->ns);
    json_key(w, "cannotList");
    json_seq(w);
    for (size_t i = 0; i < c->unlisted.count; i++) {
        json_map(w);
        json_add_str(w, "resource", c->unlisted.items[i].resource);
        json_add_bool(w, "forbidden", c->unlisted.items[i].forbidden);
        json_add_str(w, "reason", c->unlisted.items[i].reason);
        json_map_end(w);
    }
    json_seq_end(w);
    json_map_end(w);
}

static void add_skipped(struct json_writer *w, const struct cluster *c)
{
    json_key(w, "skippedKinds");
    json_seq(w);
    for (size_t i = 0; i < c->skipped.count; i++) {
        json_map(w);
        json_add_str(w, "apiVersion", c->skipped.items[i].api_version);
        json_add_str(w, "kind", c->skipped.items[i].kind);
        json_add_int(w, "objects", (int64_t)c->skipped.items[i].count);
        json_map_end(w);
    }
    json_seq_end(w);
}

static void add_summary(struct json_writer *w, const struct findings_results *r)
{
    const struct judgement *j = r->judgement;
    json_key(w, "summary");
    json_map(w);
    json_add_int(w, "files", (int64_t)r->cluster->files);
    json_add_int(w, "objects", (int64_t)r->cluster->objects);
    json_add_int(w, "workloads", (int64_t)j->workloads);
    json_add_int(w, "patches", (int64_t)j->patches);
    json_add_int(w, "excludedObjects", (int64_t)j->excluded);
    json_add_int(w, "excludedPaths", (int64_t)r->cluster->excluded_paths);
    json_add_bool(w, "complete", r->cluster->complete);
    json_add_int(w, "errors", (int64_t)j->by_severity[SEV_ERROR]);
    json_add_int(w, "warnings", (int64_t)j->by_severity[SEV_WARNING]);
    json_add_int(w, "infos", (int64_t)j->by_severity[SEV_INFO]);
    json_add_int(w, "suppressed", (int64_t)j->suppressed);
    json_add_int(w, "known", (int64_t)(j->known[KNOWN_BASELINE] + j->known[KNOWN_BEFORE]));
    if (r->baseline)
        json_add_int(w, "baselineStale", (int64_t)r->baseline->stale);
    else
        json_add_null(w, "baselineStale");
    json_key(w, "change");
    if (r->change)
        change_add_json(r->change, w);
    else
        json_null(w);
    json_add_int(w, "unreadable", (int64_t)findings_unreadable(r));
    add_live(w, r->cluster);
    add_not_judged(w, r);
    add_skipped(w, r->cluster);
    json_map_end(w);
}

void findings_add_json(const struct findings_results *r, enum json_style style, struct buf *b)
{
    struct json_writer w;
    json_writer_init(&w, b, style);
    json_map(&w);
    json_add_cstr(&w, "apiVersion", "plimsoll.dev/v1");
    json_add_cstr(&w, "kind", "FindingList");
    add_summary(&w, r);
    json_key(&w, "items");
    json_seq(&w);
    for (size_t i = 0; i < r->judgement->findings.count; i++)
        add_finding(&w, r->judgement->findings.items[i]);
    json_seq_end(&w);
    json_map_end(&w);
    json_writer_end(&w);
}
