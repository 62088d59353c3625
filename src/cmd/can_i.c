/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll can-i: which verbs the current user can use on a cluster.
 */
#include "cmd/live.h"
#include "output/rights.h"
#include "source/api_access.h"

struct options {
    struct world_options world; /* the cluster and the namespace */
    bool role;
    struct option_outputs outputs;
};

static const char *const formats[] = {
    [RIGHTS_TEXT] = "text",
    [RIGHTS_JSON] = "json",
    [RIGHTS_AS_YAML] = "yaml",
    [RIGHTS_ROLE] = "role",
    NULL,
};

static const struct option_spec specs[] = {
    {
        .name = "role",
        .type = OPTION_FLAG,
        .help =
            "Print a ClusterRole for these verbs, with a ServiceAccount and its binding, without "
            "asking a cluster.",
        .offset = offsetof(struct options, role),
    },
    OUTPUT_OPTION(struct options, outputs, formats, "text",
                  "How to print it; role prints only the missing roles, for kubectl apply -f -."),
};

static const struct option_table tables[] = {
    {.specs = specs, .count = ARRAY_LEN(specs)},
    SCOPE_OPTIONS(struct options, world),
    LIVE_OPTIONS(struct options, world.cluster),
};

/* Verbs that can answer for one namespace. */
enum { FOR_ONE = USE_CHECK | USE_INSPECT | USE_SNAPSHOT };

static int find_use(struct str word, unsigned *ret, struct err *e)
{
    for (unsigned i = 0; i < USE_COUNT; i++)
        if (str_is(word, api_use_words[i])) {
            *ret |= 1U << i;
            return 0;
        }
    return err_set(e, EINVAL,
                   "\"%.*s\" is no verb that reads a cluster: check, inspect, victims, "
                   "place, simulate, snapshot",
                   (int)MIN(word.n, 40U), word.p);
}

static int find_uses(const struct verb_call *c, unsigned *ret, struct err *e)
{
    const struct options *o = c->options;
    *ret = 0;
    for (size_t i = 0; i < c->args.count; i++) {
        int r = find_use(c->args.items[i], ret, e);
        if (r < 0)
            return r;
    }
    if (!*ret)
        *ret = o->world.ns.n ? FOR_ONE : (1U << USE_COUNT) - 1;
    if (o->world.ns.n && (*ret & ~(unsigned)FOR_ONE))
        return err_set(e, EINVAL,
                       "victims, place and simulate are about the whole cluster, not a namespace");
    return 0;
}

static int print_role(unsigned uses, struct err *e)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, MIB);
    rights_add_whole_role(uses, &b);
    int r = out_write(STR_NONE, buf_str(&b), e);
    return r < 0 ? r : EXIT_CLEAN;
}

static int run(const struct verb_call *c, struct err *e)
{
    const struct options *o = c->options;
    struct live l;
    struct rights rights;
    unsigned uses;
    int r = find_uses(c, &uses, e);
    if (r == 0 && o->role)
        return print_role(uses, e);
    if (r == 0)
        r = live_open(&o->world.cluster, c->arena, &l, e);
    if (r < 0)
        return r;
    live_print_name(&l, STR_NONE);
    struct access_question q = {l.client, o->world.ns, uses};
    r = api_access_read(&q, c->arena, &rights, e);
    live_done(&l);
    if (r < 0)
        return live_failed(e);
    struct rights_results results = {c->arena, &rights, uses};
    r = out_write_all(&o->outputs, rights_render, &results, e);
    for (unsigned i = 0; r == 0 && i < USE_COUNT; i++)
        if ((uses & 1U << i) && rights_answer(&rights, 1U << i) != RIGHTS_YES)
            r = EXIT_CLUSTER;
    return r;
}

static const struct verb_example examples[] = {
    {"A read-only ClusterRole for check alone:", "plimsoll can-i --role check", EXIT_CLEAN},
};

const struct verb verb_can_i = {
    .name = "can-i",
    .summary = "which verbs the current user can use on a cluster, and what is missing",
    .args = "[VERB...]",
    .description =
        "Asks the API server for each resource that plimsoll reads whether the user may list it, "
        "and says which verbs can answer: yes; partly, when something is not judged or assumed for "
        "want of a resource; no. Then it prints the roles that are missing, ready for somebody who "
        "may give them. Nothing is changed.\n\n"
        "Exits with 0 when every verb that was asked about can be used in full, else with 3.",
    .options = {tables, ARRAY_LEN(tables)},
    .options_size = sizeof(struct options),
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
