/* SPDX-License-Identifier: Apache-2.0
 *
 * Flags liveness probes that depend on another machine: one slow dependency then restarts every
 * replica. Where only the path names a dependency it is a warning.
 */
#include "rules/facts.h"
#include "rules/probe_target.h"

static const char *const dependencies[] = {
    "database",   "databases", "db",    "dependencies", "dependency", "deps",
    "downstream", "kafka",     "mongo", "mongodb",      "mysql",      "postgres",
    "postgresql", "rabbitmq",  "redis", "upstream",     "upstreams",
};

static bool is_word(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9');
}

static bool is_dependency(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(dependencies); i++)
        if (str_is_nocase(word, dependencies[i]))
            return true;
    return false;
}

/* The word of a path that names a dependency, or absent. */
static struct str dependency_in(struct str path)
{
    for (size_t i = 0; i < path.n;) {
        size_t end = i;
        while (end < path.n && is_word(path.p[end]))
            end++;
        struct str word = str_sub(path, i, end);
        if (is_dependency(word))
            return word;
        i = end + (end == i);
    }
    return STR_NONE;
}

static bool contains(struct str text, struct str word)
{
    for (size_t i = 0; i + word.n <= text.n; i++)
        if (memcmp(text.p + i, word.p, word.n) == 0)
            return true;
    return false;
}

static void check_path(const struct rule_ctx *c, const struct container *k)
{
    const struct handler *h = &k->liveness->handler;
    struct str word = dependency_in(h->type == HANDLER_HTTP ? h->path : STR_NONE);
    /* A path of mysql's own exporter names itself. */
    if (!word.p || contains(k->name, word) || contains(k->image.v, word))
        return;
    finding_as(c, SEV_WARNING, AT(k->liveness->at, "livenessProbe"),
               "liveness of %s asks \"" STR_FMT
               "\", which sounds as if it looks at another service",
               say_container(c, k), STR_ARG(h->path));
}

static void check(const struct rule_ctx *c, const struct container *k)
{
    if (!k->liveness)
        return;
    bool host_network = c->w->tmpl.spec.host_network.v;
    struct probe_target t = probe_target_of(&k->liveness->handler, k, host_network);
    if (!t.remote) {
        check_path(c, k);
        return;
    }
    finding(c, AT(k->liveness->at, "livenessProbe"),
            "liveness of %s asks \"" STR_FMT "\"%s" STR_FMT ", another host: when that is slow, "
            "every replica is restarted",
            say_container(c, k), STR_ARG(t.host), t.tool.p ? " by " : "", STR_ARG(t.tool));
}

const struct rule rule_liveness_crosses_network = {
    .id = "liveness-crosses-network",
    .severity = SEV_ERROR,
    .title = "A liveness probe depends on another machine",
    .why = "one slow database or one lost packet kills all healthy replicas at once; when they "
           "come back together they keep it slow",
    .fix = "let liveness answer from the process' own memory; dependencies belong in readiness",
    .see = "post-mortems 2 and 3",
    .container = check,
};
