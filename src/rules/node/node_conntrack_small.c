/* SPDX-License-Identifier: Apache-2.0
 *
 * Says where the table of connections of nodes is made small: a full table drops new connections, DNS
 * first. kube-proxy gives a node 32768 entries a core and never fewer than 131072; looked at are its
 * configuration and options, and containers that write the sysctl themselves.
 */
#include "rules/facts.h"

enum { OPTION_ENTRIES, OPTION_PER_CORE };

static void report(const struct rule_ctx *c, struct place where, const char *what, int64_t n,
                   int64_t least)
{
    finding(c, where, "%s is %lld; a node's table of connections is full sooner than with %lld",
            what, (long long)n, (long long)least);
}

static void check_config(const struct rule_ctx *c, const struct kube_proxy_config *k)
{
    const struct opt_int *min = &k->conntrack_min, *core = &k->conntrack_max_per_core;
    /* 0 leaves the node's own value alone. */
    if (min->set && min->v > 0 && min->v < c->options[OPTION_ENTRIES])
        report(c, AT(pos_or(min->at, k->o.at), "conntrack.min"), "conntrack.min", min->v,
               c->options[OPTION_ENTRIES]);
    if (core->set && core->v > 0 && core->v < c->options[OPTION_PER_CORE])
        report(c, AT(pos_or(core->at, k->o.at), "conntrack.maxPerCore"), "conntrack.maxPerCore",
               core->v, c->options[OPTION_PER_CORE]);
}

static void check_option(const struct rule_ctx *c, const struct container *k, const char *option,
                         int64_t least)
{
    struct str value;
    struct pos at;
    int64_t n;
    if (facts_option(k, option, &value, &at) && str_to_int64(value, &n) == 0 && n > 0 && n < least)
        report(c, AT(at, option), option, n, least);
}

/* The number after "net.netfilter.nf_conntrack_max=" in a word; -1 if there is none. */
static int64_t sysctl_of(struct str word)
{
    ptrdiff_t at = str_find(word, "nf_conntrack_max=");
    size_t start = (size_t)at + strlen("nf_conntrack_max="), end = start;
    int64_t n;
    if (at < 0)
        return -1;
    while (end < word.n && word.p[end] >= '0' && word.p[end] <= '9')
        end++;
    return str_to_int64(str_sub(word, start, end), &n) == 0 ? n : -1;
}

static void check_sysctl(const struct rule_ctx *c, const struct str_list *words, struct pos at)
{
    for (size_t i = 0; i < words->count; i++) {
        int64_t n = sysctl_of(words->items[i]);
        if (n > 0 && n < c->options[OPTION_ENTRIES])
            report(c, AT(at, "nf_conntrack_max"), "net.netfilter.nf_conntrack_max", n,
                   c->options[OPTION_ENTRIES]);
    }
}

static void check_container(const struct rule_ctx *c, const struct container *k)
{
    check_option(c, k, "--conntrack-min", c->options[OPTION_ENTRIES]);
    check_option(c, k, "--conntrack-max-per-core", c->options[OPTION_PER_CORE]);
    check_sysctl(c, &k->command, k->command_at);
    check_sysctl(c, &k->args, k->args_at);
}

const struct rule rule_node_conntrack_small = {
    .id = "node-conntrack-small",
    .severity = SEV_INFO,
    .title = "Nodes have a small table of connections",
    .why = "when it is full the kernel drops new connections (\"nf_conntrack: table full\"), DNS "
           "lookups first; probes fail, and pods that are well are restarted",
    .fix = "leave kube-proxy's defaults, or raise them: an entry takes a few hundred bytes",
    .see = "post-mortem 2",
    .options = {{"leastEntries", 131072, 1, 1 << 30, "of a node; kube-proxy's own minimum"},
                {"leastPerCore", 32768, 1, 1 << 30, "for each core; kube-proxy's default"}},
    .container = check_container,
    .kube_proxy = check_config,
};
