/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings as JUnit XML, the dialect that GitLab, Jenkins and Azure read: a suite per rule. A
 * finding that --fail-on counts is a failure, a milder one a case that passed and says so; what is
 * suppressed, known or could not be judged is skipped; a rule with nothing to say has passed.
 */
#include "output/findings.h"
#include "output/markup.h"

struct suite {
    const struct finding **findings;
    size_t count, failures, skipped;
    const struct not_judged *not_judged; /* NULL: was judged */
    bool off;
};

static bool is_failure(const struct findings_results *r, const struct finding *f)
{
    return finding_is_open(f) && (int)f->severity >= r->fail_severity;
}

static void collect(const struct findings_results *r, struct suite *suites)
{
    const struct judgement *j = r->judgement;
    for (size_t i = 0; i < j->findings.count; i++) {
        struct suite *s = &suites[rule_index(j->findings.items[i]->rule)];
        s->count++;
        s->failures += is_failure(r, j->findings.items[i]);
        s->skipped += !finding_is_open(j->findings.items[i]);
    }
    for (size_t i = 0; i < j->not_judged.count; i++) {
        struct suite *s = &suites[rule_index(j->not_judged.items[i].rule)];
        s->not_judged = &j->not_judged.items[i];
        s->skipped++;
    }
    for (size_t i = 0; i < rule_count; i++) {
        const struct rule_settings *settings = &r->config->rules[i];
        suites[i].off = settings->severity_set && settings->severity == SEV_OFF;
        suites[i].skipped += suites[i].off;
        suites[i].findings = arena_array(r->arena, const struct finding *, suites[i].count);
        suites[i].count = 0;
    }
    for (size_t i = 0; i < j->findings.count; i++) {
        struct suite *s = &suites[rule_index(j->findings.items[i]->rule)];
        s->findings[s->count++] = j->findings.items[i];
    }
}

static size_t case_count(const struct suite *s)
{
    size_t n = s->count + (s->not_judged != NULL) + s->off;
    return n ? n : 1;
}

static void add_place(struct buf *b, const struct finding *f)
{
    buf_add_cstr(b, "place: ");
    markup_add(b, finding_repository_path(f));
    if (f->at.line)
        buf_printf(b, ":%u:%u", f->at.line, f->at.column);
    if (!str_empty(f->path)) {
        buf_add_cstr(b, "\nfield: ");
        markup_add(b, f->path);
    }
    buf_add_cstr(b, "\nwhy: ");
    markup_add(b, f->why);
    buf_add_cstr(b, "\nfix: ");
    markup_add(b, f->fix);
    buf_add_char(b, '\n');
}

static void add_skipped(struct buf *b, struct str why)
{
    buf_add_cstr(b, "      <skipped");
    markup_add_attribute(b, "message", why);
    buf_add_cstr(b, "/>\n");
}

static void add_outcome(const struct findings_results *r, const struct finding *f, struct buf *b)
{
    if (f->suppressed) {
        add_skipped(b, arena_printf(r->arena, "suppressed: " STR_FMT, STR_ARG(f->suppress_reason)));
    } else if (f->known) {
        add_skipped(b, f->known == KNOWN_BASELINE ? STR("known: in the baseline")
                                                  : STR("known: was there before the change"));
    } else if (is_failure(r, f)) {
        buf_add_cstr(b, "      <failure");
        markup_add_attribute(b, "message", f->message);
        buf_printf(b, " type=\"%s\">", severity_word(f->severity));
        add_place(b, f);
        buf_add_cstr(b, "</failure>\n");
    } else {
        buf_printf(b, "      <system-out>%s: ", severity_word(f->severity));
        markup_add(b, f->message);
        buf_add_char(b, '\n');
        add_place(b, f);
        buf_add_cstr(b, "</system-out>\n");
    }
}

static void begin_case(struct buf *b, const struct rule *rule, struct str name)
{
    buf_add_cstr(b, "    <testcase");
    markup_add_attribute(b, "classname", str_of(rule->id));
    markup_add_attribute(b, "name", name);
}

static void add_case(const struct findings_results *r, const struct finding *f, struct buf *b)
{
    struct buf name CLEANUP(buf_done);
    buf_init(&name, 64 * KIB);
    finding_add_object(&name, f);
    if (f->container.p)
        buf_printf(&name, " container " STR_FMT, STR_ARG(f->container));
    begin_case(b, f->rule, buf_str(&name));
    markup_add_attribute(b, "file", finding_repository_path(f));
    uint32_t line = finding_repository_pos(f).line;
    if (line)
        buf_printf(b, " line=\"%u\"", line);
    buf_add_cstr(b, ">\n");
    add_outcome(r, f, b);
    buf_add_cstr(b, "    </testcase>\n");
}

/* Of a rule that found nothing: why not. */
static void add_whole(const struct rule *rule, struct str skipped, struct buf *b)
{
    begin_case(b, rule, str_of(rule->title));
    if (!skipped.p) {
        buf_add_cstr(b, "/>\n");
        return;
    }
    buf_add_cstr(b, ">\n");
    add_skipped(b, skipped);
    buf_add_cstr(b, "    </testcase>\n");
}

static struct str not_judged_text(const struct findings_results *r, const struct not_judged *n)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 64 * KIB);
    if (n->lacks)
        buf_add_cstr(&b, "not judged: ");
    else
        buf_printf(&b, "%zu object%s not judged: ", n->count, n->count == 1 ? "" : "s");
    not_judged_add_reason(&b, r->cluster, n);
    return arena_str(r->arena, buf_str(&b));
}

static void add_suite(const struct findings_results *r, size_t index, const struct suite *s,
                      struct buf *b)
{
    const struct rule *rule = rule_table[index];
    buf_printf(b,
               "  <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" "
               "skipped=\"%zu\">\n",
               rule->id, case_count(s), s->failures, s->skipped);
    for (size_t i = 0; i < s->count; i++)
        add_case(r, s->findings[i], b);
    if (s->off)
        add_whole(rule, STR("off in the configuration"), b);
    if (s->not_judged)
        add_whole(rule, not_judged_text(r, s->not_judged), b);
    if (s->count == 0 && !s->off && !s->not_judged)
        add_whole(rule, STR_NONE, b);
    buf_add_cstr(b, "  </testsuite>\n");
}

static void add_unreadable(const struct findings_results *r, struct buf *b)
{
    size_t n = findings_unreadable(r);
    if (n == 0)
        return;
    buf_printf(b,
               "  <testsuite name=\"input\" tests=\"%zu\" failures=\"0\" errors=\"%zu\" "
               "skipped=\"0\">\n",
               n, n);
    for (size_t i = 0; i < r->cluster->problems.count; i++) {
        const struct problem *p = &r->cluster->problems.items[i];
        if (p->type != PROBLEM_UNREADABLE)
            continue;
        buf_add_cstr(b, "    <testcase classname=\"input\"");
        markup_add_attribute(b, "name", p->file);
        buf_add_cstr(b, ">\n      <error");
        markup_add_attribute(b, "message", p->message);
        buf_add_cstr(b, " type=\"unreadable\"/>\n    </testcase>\n");
    }
    buf_add_cstr(b, "  </testsuite>\n");
}

void findings_add_junit(const struct findings_results *r, struct buf *b)
{
    struct suite *suites = arena_array(r->arena, struct suite, rule_count);
    collect(r, suites);
    size_t errors = findings_unreadable(r), tests = errors, failures = 0, skipped = 0;
    for (size_t i = 0; i < rule_count; i++) {
        tests += case_count(&suites[i]);
        failures += suites[i].failures;
        skipped += suites[i].skipped;
    }
    buf_printf(b,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<testsuites name=\"plimsoll check\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
               "skipped=\"%zu\">\n",
               tests, failures, errors, skipped);
    for (size_t i = 0; i < rule_count; i++)
        add_suite(r, i, &suites[i], b);
    add_unreadable(r, b);
    buf_add_cstr(b, "</testsuites>\n");
}
