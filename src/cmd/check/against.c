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

int against_use(const struct against *in, struct arena *a, struct judged *now, struct change *ret,
                struct err *e)
{
    struct judged *before = arena_new(a, struct judged);
    struct world_options options = *in->world;
    memset(ret, 0, sizeof(*ret));
    options.paths = *in->paths;
    int r = judge_world(&options, in->config, a, before, e);
    if (r < 0)
        return r;
    now->code = MAX(now->code, before->code);
    baseline_from(&ret->before, a, &before->judgement, SEV_INFO, true);
    baseline_apply(&ret->before, a, &now->judgement, KNOWN_BEFORE);
    memory_change_make(a, &before->cluster, &now->cluster, &ret->memory);
    if (before->cluster.nodes.count == 0 || now->cluster.nodes.count == 0)
        return 0;
    ret->simulated = true;
    sim_adopt(a, &now->cluster, &before->cluster);
    r = simulate(a, &before->cluster, &ret->was, e);
    return r < 0 ? r : simulate(a, &now->cluster, &ret->is, e);
}
