/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings as GitLab's Code Quality report: the fields that its documentation requires. A place
 * without a line is line 1, because a line is required.
 */
#include "base/text.h"
#include "output/findings.h"

static const char *severity_of(enum severity s)
{
    return s == SEV_ERROR ? "critical" : s == SEV_WARNING ? "major" : "info";
}

static void add_finding(struct json_writer *w, struct finding *f)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 64 * KIB);
    finding_add_object(&text, f);
    buf_printf(&text, ": " STR_FMT ". Fix: " STR_FMT, STR_ARG(f->message), STR_ARG(f->fix));
    json_map(w);
    json_add_str(w, "description", buf_str(&text));
    json_add_cstr(w, "check_name", f->rule->id);
    json_add_cstr(w, "fingerprint", finding_fingerprint(f));
    json_add_cstr(w, "severity", severity_of(f->severity));
    json_key(w, "location");
    json_map(w);
    json_add_str(w, "path", finding_repository_path(f));
    json_key(w, "lines");
    json_map(w);
    json_add_int(w, "begin", MAX(finding_repository_pos(f).line, 1U));
    json_map_end(w);
    json_map_end(w);
    json_map_end(w);
}

void findings_add_gitlab(const struct findings_results *r, struct buf *b)
{
    struct json_writer w;
    json_writer_init(&w, b, JSON_INDENTED);
    json_seq(&w);
    for (size_t i = 0; i < r->judgement->findings.count; i++)
        if (findings_lists(r, r->judgement->findings.items[i]))
            add_finding(&w, r->judgement->findings.items[i]);
    json_seq_end(&w);
    json_writer_end(&w);
}
