/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings as SARIF 2.1.0 (OASIS), in the part of it that GitHub's code scanning reads: rules with
 * help, results with a region and a fingerprint that does not depend on lines.
 */
#include "base/text.h"
#include "output/findings.h"
#include "output/rule_page.h"

static const char schema_uri[] =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

static const char *level_of(enum severity s)
{
    return s == SEV_ERROR ? "error" : s == SEV_WARNING ? "warning" : "note";
}

/* "text": with the braces doubled that SARIF would read as placeholders (3.11.5). */
static void add_text(struct json_writer *w, const char *key, struct str text)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 64 * KIB);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '{' || text.p[i] == '}')
            buf_add_char(&b, text.p[i]);
        buf_add_char(&b, text.p[i]);
    }
    json_add_str(w, key, buf_str(&b));
}

static void add_message(struct json_writer *w, const char *key, struct str text)
{
    json_key(w, key);
    json_map(w);
    add_text(w, "text", text);
    json_map_end(w);
}

/* ---- rules ---- */

static void add_help(struct json_writer *w, const struct rule *r)
{
    struct buf text CLEANUP(buf_done);
    struct buf page CLEANUP(buf_done);
    buf_init(&text, 64 * KIB);
    buf_init(&page, 256 * KIB);
    buf_printf(&text, "why: %s\nfix: %s", r->why, r->fix);
    rule_page_add_markdown(r, &page);
    json_key(w, "help");
    json_map(w);
    add_text(w, "text", buf_str(&text));
    json_add_str(w, "markdown", buf_str(&page));
    json_map_end(w);
}

static void add_rule(struct json_writer *w, const struct rule *r)
{
    json_map(w);
    json_add_cstr(w, "id", r->id);
    add_message(w, "shortDescription", str_of(r->title));
    add_message(w, "fullDescription", str_of(r->why));
    add_help(w, r);
    json_key(w, "defaultConfiguration");
    json_map(w);
    json_add_cstr(w, "level", level_of(r->severity));
    json_map_end(w);
    json_key(w, "properties");
    json_map(w);
    json_key(w, "tags");
    json_seq(w);
    json_str(w, STR("kubernetes"));
    json_str(w, str_of(rule_families[rule_index(r)]));
    json_seq_end(w);
    json_map_end(w);
    json_map_end(w);
}

/* Only the rules that speak; *ret_index[rule] becomes their place in the list. */
static void add_rules(struct json_writer *w, const struct findings_results *r, int64_t *ret_index)
{
    int64_t next = 0;
    for (size_t i = 0; i < rule_count; i++)
        ret_index[i] = -1;
    for (size_t i = 0; i < r->judgement->findings.count; i++)
        if (findings_lists(r, r->judgement->findings.items[i]))
            ret_index[rule_index(r->judgement->findings.items[i]->rule)] = 0;
    json_key(w, "rules");
    json_seq(w);
    for (size_t i = 0; i < rule_count; i++)
        if (ret_index[i] == 0) {
            ret_index[i] = next++;
            add_rule(w, rule_table[i]);
        }
    json_seq_end(w);
}

/* ---- results ---- */

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("-._~/", c);
}

/* A relative reference, or a file: URI when the path is absolute. */
static void add_uri(struct json_writer *w, const char *key, struct str path)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 256 * KIB);
    if (str_starts(path, "/"))
        buf_add_cstr(&b, "file://");
    for (size_t i = 0; i < path.n; i++) {
        unsigned char c = (unsigned char)path.p[i];
        if (c && is_unreserved(c))
            buf_add_char(&b, (char)c);
        else
            buf_printf(&b, "%%%02X", c);
    }
    json_add_str(w, key, buf_str(&b));
}

static void add_artifact(struct json_writer *w, struct str path)
{
    json_key(w, "artifactLocation");
    json_map(w);
    add_uri(w, "uri", path);
    json_map_end(w);
}

static void add_region(struct json_writer *w, struct pos at)
{
    if (!at.line)
        return;
    json_key(w, "region");
    json_map(w);
    json_add_int(w, "startLine", at.line);
    if (at.column)
        json_add_int(w, "startColumn", at.column);
    json_map_end(w);
}

static void add_logical(struct json_writer *w, const struct finding *f)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 64 * KIB);
    finding_add_object(&b, f);
    json_key(w, "logicalLocations");
    json_seq(w);
    json_map(w);
    json_add_str(w, "name", buf_str(&b));
    if (!str_empty(f->path)) {
        buf_add_char(&b, ' ');
        text_add_clean(&b, f->path);
    }
    json_add_str(w, "fullyQualifiedName", buf_str(&b));
    json_add_cstr(w, "kind", "object");
    json_map_end(w);
    json_seq_end(w);
}

static void add_locations(struct json_writer *w, const struct finding *f)
{
    json_key(w, "locations");
    json_seq(w);
    json_map(w);
    json_key(w, "physicalLocation");
    json_map(w);
    add_artifact(w, finding_repository_path(f));
    add_region(w, finding_repository_pos(f));
    json_map_end(w);
    add_logical(w, f);
    json_map_end(w);
    json_seq_end(w);
}

static void add_suppressions(struct json_writer *w, const struct finding *f)
{
    if (finding_is_open(f))
        return;
    json_key(w, "suppressions");
    json_seq(w);
    json_map(w);
    json_add_cstr(w, "kind", f->suppressed ? "inSource" : "external");
    json_add_str(w, "justification",
                 f->suppressed                ? f->suppress_reason
                 : f->known == KNOWN_BASELINE ? STR("in the baseline")
                                              : STR("was there before the change"));
    json_map_end(w);
    json_seq_end(w);
}

static void add_result(struct json_writer *w, struct finding *f, int64_t index)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 64 * KIB);
    finding_add_object(&text, f);
    buf_printf(&text, ": " STR_FMT ". Fix: " STR_FMT, STR_ARG(f->message), STR_ARG(f->fix));
    json_map(w);
    json_add_cstr(w, "ruleId", f->rule->id);
    json_add_int(w, "ruleIndex", index);
    json_add_cstr(w, "level", level_of(f->severity));
    add_message(w, "message", buf_str(&text));
    add_locations(w, f);
    json_key(w, "partialFingerprints");
    json_map(w);
    /* The one that GitHub goes by, in place of its own hash of the line. */
    json_add_cstr(w, "primaryLocationLineHash", finding_fingerprint(f));
    json_add_cstr(w, "plimsollFinding/v1", finding_fingerprint(f));
    json_map_end(w);
    add_suppressions(w, f);
    json_map_end(w);
}

/* Rules that were not judged: what they would have found is not among the results. */
static void add_not_judged(struct json_writer *w, const struct findings_results *r)
{
    const struct judgement *j = r->judgement;
    for (size_t i = 0; i < j->not_judged.count; i++) {
        struct buf text CLEANUP(buf_done) = {0};
        bool refused = not_judged_is_refused(r->cluster, &j->not_judged.items[i]);
        if (!not_judged_is_first(j, i))
            continue;
        buf_init(&text, 64 * KIB);
        not_judged_add(&text, r, i);
        json_map(w);
        json_add_cstr(w, "level", refused ? "warning" : "note");
        add_message(w, "message", buf_str(&text));
        json_map_end(w);
    }
}

/* What could not be read or judged, so that an empty list of results does not pass for a clean one. */
static void add_invocation(struct json_writer *w, const struct findings_results *r)
{
    json_key(w, "invocations");
    json_seq(w);
    json_map(w);
    json_add_bool(w, "executionSuccessful", findings_unreadable(r) == 0);
    json_key(w, "toolExecutionNotifications");
    json_seq(w);
    for (size_t i = 0; i < r->cluster->problems.count; i++) {
        const struct problem *p = &r->cluster->problems.items[i];
        if (p->type != PROBLEM_UNREADABLE)
            continue;
        struct finding place = {.file = p->file, .at = p->at};
        json_map(w);
        json_add_cstr(w, "level", "error");
        add_message(w, "message", p->message);
        add_locations(w, &place);
        json_map_end(w);
    }
    add_not_judged(w, r);
    json_seq_end(w);
    json_map_end(w);
    json_seq_end(w);
}

static void add_run(struct json_writer *w, const struct findings_results *r)
{
    int64_t *index = arena_array(r->arena, int64_t, rule_count);
    json_key(w, "tool");
    json_map(w);
    json_key(w, "driver");
    json_map(w);
    json_add_cstr(w, "name", "plimsoll");
    json_add_cstr(w, "version", PLIMSOLL_VERSION);
    add_rules(w, r, index);
    json_map_end(w);
    json_map_end(w);
    add_invocation(w, r);
    json_add_cstr(w, "columnKind", "unicodeCodePoints");
    json_key(w, "results");
    json_seq(w);
    for (size_t i = 0; i < r->judgement->findings.count; i++) {
        struct finding *f = r->judgement->findings.items[i];
        if (findings_lists(r, f))
            add_result(w, f, index[rule_index(f->rule)]);
    }
    json_seq_end(w);
}

void findings_add_sarif(const struct findings_results *r, struct buf *b)
{
    struct json_writer w;
    json_writer_init(&w, b, JSON_INDENTED);
    json_map(&w);
    json_add_cstr(&w, "$schema", schema_uri);
    json_add_cstr(&w, "version", "2.1.0");
    json_key(&w, "runs");
    json_seq(&w);
    json_map(&w);
    add_run(&w, r);
    json_map_end(&w);
    json_seq_end(&w);
    json_map_end(&w);
    json_writer_end(&w);
}
