/* SPDX-License-Identifier: Apache-2.0
 *
 * The annotation plimsoll.dev/ignore: "rule-id: reason; rule-id: reason", on an object or on its
 * pod template.
 */
#include "rules/finding.h"

static bool is_id(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
              s.p[i] == '-'))
            return false;
    return s.n > 0;
}

/* A reason may itself hold a semicolon: a part that does not begin with the id of a rule and a
 * colon belongs to the reason before it. */
static void read_one(struct engine *e, const struct label *l, bool in_template)
{
    struct suppression *last = NULL;
    for (struct str rest = l->value; rest.p && !str_empty(str_trim(rest));) {
        struct str reason, part = str_trim(str_cut(rest, ';', &rest));
        struct str id = str_trim(str_cut(part, ':', &reason));
        const struct rule *rule = rule_find(id);
        if (str_empty(part))
            continue;
        if (last && !rule && !(reason.p && is_id(id))) {
            last->reason.n = (size_t)(part.p + part.n - last->reason.p);
            continue;
        }
        last = PUSH(e->a, &e->visit.suppressions);
        last->id = id;
        last->rule = rule;
        last->reason = reason.p ? str_trim(reason) : str_sub(part, part.n, part.n);
        last->at = l->at;
        last->in_template = in_template;
    }
}

static void read_annotations(struct engine *e, const struct labels *l, bool in_template)
{
    const struct label *ignore = l ? labels_find(l, STR("plimsoll.dev/ignore")) : NULL;
    if (ignore)
        read_one(e, ignore, in_template);
}

void suppressions_read(struct engine *e, const struct labels *object, const struct labels *tmpl)
{
    e->visit.suppressions.count = 0;
    read_annotations(e, object, false);
    if (tmpl != object)
        read_annotations(e, tmpl, true);
}

const struct suppression *suppressions_find(const struct engine *e, const struct rule *r)
{
    for (size_t i = 0; i < e->visit.suppressions.count; i++) {
        const struct suppression *s = &e->visit.suppressions.items[i];
        if (s->rule == r && !str_empty(s->reason))
            return s;
    }
    return NULL;
}

const char *suppression_path(const struct rule_ctx *c, const struct suppression *s)
{
    static const char key[] = "annotations[plimsoll.dev/ignore]";
    struct str pod = c->engine->visit.pod_path;
    if (!s->in_template)
        return say(c, "metadata.%s", key);
    /* Beside the pod spec: spec.template.metadata. */
    return say(c, STR_FMT "metadata.%s", STR_ARG(str_sub(pod, 0, pod.n - STR("spec").n)), key);
}
