/* SPDX-License-Identifier: Apache-2.0
 *
 * The world before a change: read, judged and simulated like the one after it.
 */
#include "cmd/check/against.h"

/* What the loss of any one node leaves, under the assumptions that simulate has by default. */
static int simulate(struct arena *a, struct cluster *c, struct change_figures *ret, struct err *e)
{
    struct sim_options options;
    struct sim_world *world;
    struct sim_report report;
    struct contingencies set = {0};
    sim_options_default(&options);
    uint32_t expanded = sim_expand(a, c);
    int r = sim_world_new(a, c, &options, &world, e);
    if (r < 0)
        return r;
    world->expanded = expanded;
    contingencies_none(a, &set);
    contingencies_n1(a, world, &set);
    sim_report_make(a, world, &set, &(struct sim_wanted){.line = true}, &report);
    *ret = (struct change_figures){
        .margin_known = report.margin.known,
        .margin_bytes = report.margin.bytes,
        .line_known = report.line.known,
        .line_above = report.line.above,
        .factor = report.line.factor,
    };
    return 0;
}

/* The world before lies in another folder: what the configuration says of charts/x has to hold for
 * before/charts/x too. */
static struct str_list anywhere(struct arena *a, const struct str_list *patterns)
{
    struct str_list ret = {0};
    for (size_t i = 0; i < patterns->count; i++) {
        struct str p = patterns->items[i];
        while (str_starts(p, "./"))
            p = str_sub(p, 2, p.n);
        *PUSH(a, &ret) = p;
        if (!str_starts(p, "/"))
            *PUSH(a, &ret) = arena_printf(a, "**/" STR_FMT, STR_ARG(p));
    }
    return ret;
}

static void loosen(struct arena *a, struct scope *s)
{
    s->only.paths = anywhere(a, &s->only.paths);
    s->exclude.paths = anywhere(a, &s->exclude.paths);
}

static struct check_config config_anywhere(struct arena *a, const struct check_config *config)
{
    struct check_config ret = *config;
    ret.rules = arena_array(a, struct rule_settings, rule_count);
    memcpy(ret.rules, config->rules, rule_count * sizeof(*ret.rules));
    loosen(a, &ret.scope);
    for (size_t i = 0; i < rule_count; i++) {
        if (!ret.rules[i].scope)
            continue;
        struct scope *s = arena_new(a, struct scope);
        *s = *ret.rules[i].scope;
        loosen(a, s);
        ret.rules[i].scope = s;
    }
    return ret;
}

/* Nodes that cannot be used are no cluster to lose one of: then there are no figures. */
static int add_figures(struct arena *a, struct judged *before, struct judged *now,
                       struct change *ret, struct err *e)
{
    if (before->cluster.nodes.count == 0 || now->cluster.nodes.count == 0)
        return 0;
    sim_adopt(a, &now->cluster, &before->cluster);
    int r = simulate(a, &before->cluster, &ret->was, e);
    if (r == 0)
        r = simulate(a, &now->cluster, &ret->is, e);
    ret->simulated = r == 0;
    return r == -ENODATA ? 0 : r;
}

bool against_is_live(const struct option_texts *paths)
{
    return paths->count == 1 && str_is(paths->items[0], "live");
}

static int read_before(const struct against *in, struct arena *a, struct judged *ret, struct err *e)
{
    struct world_options options = *in->world;
    struct check_config config = config_anywhere(a, in->config);
    options.paths = *in->paths;
    if (!in->live)
        return judge_world(&options, &config, a, ret, e);
    config.ns = options.ns;
    ret->cluster = *in->live;
    judge(&ret->cluster, &config, a, &ret->judgement);
    return 0;
}

int against_use(const struct against *in, struct arena *a, struct judged *now, struct change *ret,
                struct err *e)
{
    struct judged *before = arena_new(a, struct judged);
    memset(ret, 0, sizeof(*ret));
    int r = read_before(in, a, before, e);
    if (r < 0)
        return r;
    if (before->code == EXIT_USAGE && before->cluster.objects == 0)
        return err_set(e, EINVAL, "--against: nothing of what was there before can be read");
    now->code = MAX(now->code, before->code);
    baseline_from(&ret->before, a, &before->judgement, SEV_INFO, true);
    baseline_apply(&ret->before, a, &now->judgement, KNOWN_BEFORE);
    memory_change_make(a, &before->cluster, &now->cluster, &ret->memory);
    /* Of a cluster of which one namespace was read there is nothing to simulate. */
    ret->no_figures = in->no_figures || (in->live && in->live->live->ns.n);
    return ret->no_figures ? 0 : add_figures(a, before, now, ret, e);
}
