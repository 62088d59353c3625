/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings in the format that is asked for, and what the formats share.
 */
#include "output/findings.h"

#include "base/text.h"
#include "output/table.h"

bool findings_lists(const struct findings_results *r, const struct finding *f)
{
    return r->show_suppressed || finding_is_open(f);
}

void finding_add_sentence(struct buf *b, const struct out_format *f, const char *lead,
                          struct str text)
{
    if (f->columns > 0) {
        size_t indent = strspn(lead, " ");
        bool numbered = lead[indent] >= '0' && lead[indent] <= '9';
        text_wrap(b, f, lead, text, numbered ? strlen(lead) : indent + 2);
        return;
    }
    buf_add_cstr(b, lead);
    text_add_clean(b, text);
    buf_add_char(b, '\n');
}

void finding_add_object(struct buf *b, const struct finding *f)
{
    const struct object *o = f->object;
    if (!o) {
        text_add_clean(b, str_empty(f->file) ? STR("the cluster") : f->file);
        return;
    }
    text_add_clean(b, o->kind_text);
    if (str_empty(o->name) && str_empty(o->ns))
        return; /* a configuration file */
    buf_add_char(b, ' ');
    if (!str_empty(o->ns)) {
        text_add_clean(b, o->ns);
        buf_add_char(b, '/');
    }
    text_add_clean(b, str_empty(o->name) ? STR("(no name)") : o->name);
}

struct str finding_repository_path(const struct finding *f)
{
    struct str path = f->file;
    if (str_empty(path))
        return STR("cluster");
    if (str_is(path, "<stdin>"))
        return STR("stdin");
    while (str_starts(path, "./"))
        path = str_sub(path, 2, path.n);
    return path;
}

struct pos finding_repository_pos(const struct finding *f)
{
    bool is_template = f->object && !str_empty(f->object->template_source);
    return is_template ? (struct pos){0, 0} : f->at;
}

size_t findings_unreadable(const struct findings_results *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->cluster->problems.count; i++)
        n += r->cluster->problems.items[i].type == PROBLEM_UNREADABLE;
    return n;
}

void findings_render(const void *results, const struct out_format *f, struct buf *b)
{
    const struct findings_results *r = results;
    switch ((enum findings_format)f->word) {
    case FINDINGS_TEXT:
    case FINDINGS_WIDE:
        findings_add_text(r, f, b);
        break;
    case FINDINGS_JSON:
        findings_add_json(r, JSON_INDENTED, b);
        break;
    case FINDINGS_YAML:
        findings_add_json(r, JSON_AS_YAML, b);
        break;
    case FINDINGS_SARIF:
        findings_add_sarif(r, b);
        break;
    case FINDINGS_JUNIT:
        findings_add_junit(r, b);
        break;
    case FINDINGS_GITHUB:
        findings_add_github(r, b);
        break;
    case FINDINGS_GITLAB:
        findings_add_gitlab(r, b);
        break;
    }
}
