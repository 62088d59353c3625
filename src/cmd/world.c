/* SPDX-License-Identifier: Apache-2.0
 *
 * The options of every verb that reads a world, and the reading itself.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/live.h"
#include "source/apiserver.h"
#include "source/source.h"

const struct option_spec world_option_specs[WORLD_OPTION_COUNT] = {
    {
        .name = "file",
        .letter = 'f',
        .type = OPTION_TEXTS,
        .takes_file = true,
        .arg = "FILE|DIR|-",
        .help = "A file of Kubernetes objects (YAML, JSON, any List), a folder (recursive: .yaml "
                ".yml .json) or - for standard input. May be given several times; all of it is one "
                "world.",
        .absent =
            "standard input, when it is a pipe or a file; else the cluster of the current context",
        .offset = offsetof(struct world_options, paths),
    },
    {
        .name = "complete",
        .type = OPTION_FLAG,
        .help = "The files are the whole cluster: what is not in them does not exist. Implied when "
                "they hold Nodes.",
        .offset = offsetof(struct world_options, complete),
    },
    {
        .name = "threads",
        .type = OPTION_INT,
        .arg = "N",
        .help = "How many threads read files and simulate. The output is the same with any number.",
        .absent = "one per CPU, at most 8",
        .min = 1,
        .max = 64,
        .offset = offsetof(struct world_options, threads),
    },
};

const struct option_spec world_cluster_specs[WORLD_CLUSTER_COUNT] = {
    {
        .name = "live",
        .type = OPTION_FLAG,
        .help = "Read the cluster also where files are named: they stand beside what runs, and "
                "replace what has the same name.",
        .offset = offsetof(struct world_options, live),
    },
    {
        .name = "via-nodes-proxy",
        .type = OPTION_FLAG,
        .help = "Where there is no metrics.k8s.io, ask each kubelet for usage through the API "
                "server. This takes the right to nodes/proxy, by which one can run commands in any "
                "pod: better install metrics-server.",
        .offset = offsetof(struct world_options, via_nodes_proxy),
    },
    {
        .name = "kubelet-insecure-tls",
        .type = OPTION_FLAG,
        .help =
            "Inside the cluster kubelets are asked for usage at their own address: do not check "
            "their certificates then. Who is on the way gets the token.",
        .offset = offsetof(struct world_options, kubelets_insecure),
    },
};

const struct option_spec world_scope_specs[WORLD_SCOPE_COUNT] = {
    {
        .name = "namespace",
        .letter = 'n',
        .type = OPTION_TEXT,
        .arg = "NAMESPACE",
        .help = "Only this namespace. Of a cluster nothing else is read but what bears on it "
                "(nodes, classes).",
        .absent = "all; where the user may not list pods everywhere, that of the context",
        .offset = offsetof(struct world_options, ns),
    },
    {
        .name = "all-namespaces",
        .letter = 'A',
        .type = OPTION_FLAG,
        .help = "All namespaces, and no other answer.",
        .offset = offsetof(struct world_options, all_namespaces),
    },
};

static int refuse_namespace(struct str text, void *ret, struct err *e)
{
    (void)text;
    (void)ret;
    return err_set(
        e, EINVAL,
        "pods of all namespaces share the memory of the nodes, so this verb always reads "
        "the whole cluster: leave it out");
}

const struct option_spec world_whole_specs[WORLD_WHOLE_COUNT] = {
    {
        .name = "namespace",
        .letter = 'n',
        .type = OPTION_PARSED,
        .parse = refuse_namespace,
        .hidden = true,
        .arg = "NAMESPACE",
        .help = "Refused, with the reason.",
        .offset = offsetof(struct world_options, ns),
    },
    {
        .name = "all-namespaces",
        .letter = 'A',
        .type = OPTION_FLAG,
        .hidden = true,
        .help = "All namespaces, as without it.",
        .offset = offsetof(struct world_options, all_namespaces),
    },
};

/* note: "" or words before the message. */
static void print_problem(const struct problem *p, const char *note)
{
    struct buf line CLEANUP(buf_done);
    buf_init(&line, 64 * KIB);
    buf_add_cstr(&line, "plimsoll: ");
    text_add_clean(&line, p->file);
    if (p->at.line)
        buf_printf(&line, ":%u", p->at.line);
    if (p->at.line && p->at.column)
        buf_printf(&line, ":%u", p->at.column);
    buf_add_cstr(&line, p->file.n ? ": " : "");
    buf_add_cstr(&line, note);
    if (p->type == PROBLEM_INVALID_VALUE && p->path.n) {
        text_add_clean(&line, p->path);
        buf_add_char(&line, ' ');
    }
    text_add_clean(&line, p->message);
    buf_add_char(&line, '\n');
    verb_say(&line);
}

/* What is odd about the world without being anyone's finding: one line each, the objects that are
 * given twice (bases and overlays in one folder) counted. */
void world_print_oddities(const struct cluster *c)
{
    const struct problem *first = NULL;
    size_t same = 0;
    for (size_t i = 0; i < c->problems.count; i++) {
        const struct problem *p = &c->problems.items[i];
        if (p->type == PROBLEM_DANGLING)
            print_problem(p, "warning: ");
        if (p->type != PROBLEM_SAME_OBJECT)
            continue;
        first = first ? first : p;
        same++;
    }
    char note[64];
    snprintf(note, sizeof(note), "warning: %zu object%s twice or more; ", same,
             same == 1 ? " is there" : "s are there");
    if (first)
        print_problem(first, same == 1 ? "warning: " : note);
}

/* ---- which world ---- */

/* A pipe or a file: somebody means us to read it. */
bool world_stdin_is_given(void)
{
    struct stat st;
    return fstat(STDIN_FILENO, &st) == 0 &&
           (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode));
}

static bool means_cluster(const struct world_options *o)
{
    return live_is_named(&o->cluster) || o->all_namespaces;
}

bool world_is_live(const struct world_options *o)
{
    return o->live || (o->paths.count == 0 && (means_cluster(o) || !world_stdin_is_given()));
}

int world_check(const struct world_options *o, struct err *e)
{
    if (o->ns.p && o->all_namespaces)
        return err_set(e, EINVAL, "--namespace and --all-namespaces contradict each other");
    if (o->paths.count && !o->live && live_is_named(&o->cluster))
        return err_set(e, EINVAL, "-f names files and another option a cluster: --live reads both");
    for (size_t i = 0; o->ns.p && i < o->ns.n; i++) {
        char c = o->ns.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
            return err_set(e, EINVAL, "\"%.*s\" is no name of a namespace", (int)MIN(o->ns.n, 63U),
                           o->ns.p);
    }
    return 0;
}

/* ---- a cluster ---- */

/* The verbs that are about nodes answer for the whole cluster. */
static bool needs_all(unsigned uses)
{
    return (uses & (USE_VICTIMS | USE_PLACE | USE_SIMULATE)) != 0;
}

int world_open_cluster(const struct world_options *o, struct arena *a, struct live *l,
                       struct err *e)
{
    int r = live_open(&o->cluster, a, l, e);
    if (r == 0 && o->via_nodes_proxy)
        fputs(
            "plimsoll: warning: --via-nodes-proxy uses the right to nodes/proxy, by which one can "
            "run commands in any pod\n",
            stderr);
    if (r == -ENOENT && !live_is_named(&o->cluster) && !o->live)
        return err_set(e, ENOENT,
                       "nothing to read: name a file or folder with -f, give it on standard input, "
                       "or a cluster by a kubeconfig ($KUBECONFIG, ~/.kube/config, --kubeconfig)");
    bool one = o->ns.n && !needs_all(o->uses);
    if (r == 0 && !o->quiet)
        live_print_name(l, one ? arena_printf(a, ", namespace " STR_FMT, STR_ARG(o->ns))
                               : STR(", all namespaces"));
    return r;
}

static bool is_addon(enum kind kind)
{
    for (size_t i = 0; i < api_resource_count; i++)
        if (api_resources[i].kind == kind)
            return api_resources[i].addon;
    return false;
}

static void add_usage(struct buf *b, const struct cluster *c, unsigned uses)
{
    if (!(uses & (USE_VICTIMS | USE_SIMULATE | USE_SNAPSHOT)) ||
        c->live->usage == USAGE_METRICS_API)
        return;
    bool kubelets = c->live->usage == USAGE_KUBELETS;
    const char *none = c->unlisted_kinds & KIND_BIT(POD_METRICS) ? "says nothing" : "has none";
    if (kubelets)
        buf_printf(b, "plimsoll: usage is what the kubelets say: metrics.k8s.io %s\n", none);
    else if (uses & USE_SNAPSHOT)
        buf_printf(b,
                   "plimsoll: the snapshot is without usage: metrics.k8s.io (metrics-server) %s\n",
                   none);
    else
        buf_printf(b,
                   "plimsoll: usage is not known: metrics.k8s.io (metrics-server) %s; --assume "
                   "requests or limits says what to take instead\n",
                   none);
}

/* Lists that failed. Those that a cluster cannot do without are problems, which are told elsewhere. */
static void add_failed(struct buf *b, const struct cluster *c)
{
    for (size_t i = 0; i < c->unlisted.count; i++) {
        const struct unlisted_kind *u = &c->unlisted.items[i];
        if (u->forbidden || !u->resource.n || !is_addon(u->kind))
            continue;
        buf_add_cstr(b, "plimsoll: ");
        text_add_clean(b, u->resource);
        buf_add_cstr(b, " cannot be listed: ");
        text_add_clean(b, u->reason);
        buf_add_cstr(b, ": what rests on it is not judged\n");
    }
}

/* What the answer rests on, where somebody could take it for more. */
void world_print_live(const struct world_options *o, const struct cluster *c)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 64 * KIB);
    if (c->live->ns_is_a_fallback) {
        buf_add_cstr(&b, "plimsoll: you may not list pods in all namespaces: only namespace ");
        text_add_clean(&b, c->live->ns);
        buf_add_cstr(&b, ", that of the context (-n NAMESPACE: another)\n");
    }
    size_t forbidden = 0;
    for (size_t i = 0; i < c->unlisted.count; i++) {
        if (!c->unlisted.items[i].forbidden)
            continue;
        buf_add_cstr(&b, forbidden++ ? ", " : "plimsoll: you may not list ");
        text_add_clean(&b, c->unlisted.items[i].resource);
    }
    if (forbidden)
        buf_add_cstr(&b, ": what rests on them is not judged (plimsoll can-i)\n");
    add_failed(&b, c);
    add_usage(&b, c, o->uses);
    verb_say(&b);
}

/* A recording knows no more than whoever made it. */
static void print_unlisted_then(const struct cluster *c)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 64 * KIB);
    for (size_t i = 0; i < c->unlisted.count; i++) {
        buf_add_cstr(&b, i ? ", " : "plimsoll: the snapshot is without ");
        text_add_clean(&b, c->unlisted.items[i].resource);
    }
    if (b.n == 0)
        return;
    buf_add_cstr(&b, ", which could not be listed: what rests on them is not judged\n");
    verb_say(&b);
}

static int read_with_cluster(const struct world_options *o, struct source_options *source,
                             struct arena *a, struct cluster *ret, struct err *e)
{
    struct live l;
    int r = world_open_cluster(o, a, &l, e);
    if (r < 0)
        return r;
    struct apiserver_options options = {
        .client = l.client,
        .context = l.config.context,
        .server = l.config.server,
        .uses = o->uses,
        .ns = needs_all(o->uses) ? STR_NONE : o->ns,
        .fallback_ns = needs_all(o->uses) || o->all_namespaces ? STR_NONE : l.config.ns,
        .ns_must_exist = source->path_count == 0, /* else the files may make it */
        .list = (enum list_mode)o->cluster.list,
        .threads = (unsigned)o->threads,
        .ask_kubelets = l.in_cluster,
        .kubelets_insecure = o->kubelets_insecure,
        .via_nodes_proxy = o->via_nodes_proxy,
        .kubelet_ms = o->cluster.request_ms,
    };
    source->live = &options;
    source->before = o->before;
    source->implied_ns = o->ns.n ? o->ns : l.config.ns;
    r = source_read(source, a, ret, e);
    source->live = NULL;
    live_done(&l);
    if (r < 0)
        return live_failed(e);
    if (!o->quiet)
        world_print_live(o, ret);
    return 0;
}

/* -o yaml=app.yaml beside -f app.yaml is a slip that would cost the manifest. */
static int spare_inputs(const struct option_outputs *outputs, const struct cluster *c,
                        struct arena *a, struct err *e)
{
    for (size_t i = 0; outputs && i < outputs->count; i++) {
        struct str file = outputs->items[i].file;
        if (file.p && source_was_read(c, file, a))
            return err_set(e, EEXIST,
                           "--output: %.*s is a file of the input: it would be overwritten",
                           (int)MIN(file.n, 200U), file.p);
    }
    return 0;
}

int world_read(const struct world_options *o, struct arena *a, struct cluster *ret, int *ret_code,
               struct err *e)
{
    static const struct str standard_input = {"-", 1};
    struct source_options source = {
        .paths = o->paths.items,
        .path_count = o->paths.count,
        .exclude = o->exclude,
        .complete = o->complete,
        .threads = (unsigned)o->threads,
        .implied_ns = needs_all(o->uses) ? o->ns : STR_NONE,
    };
    int r = world_check(o, e);
    if (r < 0)
        return r;
    bool live = world_is_live(o);
    if (source.path_count == 0 && !live) {
        source.paths = &standard_input;
        source.path_count = 1;
    }
    r = live ? read_with_cluster(o, &source, a, ret, e) : source_read(&source, a, ret, e);
    if (r < 0)
        return r;
    *ret_code = EXIT_CLEAN;
    for (size_t i = 0; i < ret->problems.count; i++) {
        if (ret->problems.items[i].type != PROBLEM_UNREADABLE)
            continue;
        if (!o->quiet)
            print_problem(&ret->problems.items[i], "");
        *ret_code = EXIT_USAGE;
    }
    for (size_t i = 0; i < ret->unlisted.count; i++)
        if (!ret->unlisted.items[i].forbidden && !is_addon(ret->unlisted.items[i].kind))
            *ret_code = EXIT_CLUSTER;
    if (!o->quiet)
        world_print_oddities(ret);
    if (!o->quiet && !live)
        print_unlisted_then(ret);
    return spare_inputs(o->outputs, ret, a, e);
}

void world_warn(const struct cluster *c)
{
    enum { SHOWN = 5 };
    size_t found = 0;
    for (size_t i = 0; i < c->problems.count; i++) {
        const struct problem *p = &c->problems.items[i];
        if (p->type != PROBLEM_INVALID_VALUE && p->type != PROBLEM_DUPLICATE_KEY)
            continue;
        if (found++ < SHOWN)
            print_problem(p, "warning: ");
    }
    if (found > SHOWN)
        fprintf(stderr,
                "plimsoll: warning: %zu more values like these; \"plimsoll check\" lists them\n",
                found - SHOWN);
}

int world_empty(const struct cluster *c, int code, const char *wanted, struct err *e)
{
    if (code != EXIT_CLEAN)
        return code;
    size_t skipped = 0;
    for (size_t i = 0; i < c->skipped.count; i++)
        skipped += c->skipped.items[i].count;
    char other[64] = "";
    if (skipped)
        snprintf(other, sizeof(other), " and %zu of kinds that plimsoll does not read", skipped);
    if (c->live && !c->files)
        return err_set(e, ENODATA, "nothing to judge: of %zu object%s that were read none is %s",
                       c->objects, c->objects == 1 ? "" : "s", wanted);
    return err_set(e, ENODATA, "nothing to judge: %zu file%s with %zu object%s%s, none of them %s",
                   c->files, c->files == 1 ? "" : "s", c->objects, c->objects == 1 ? "" : "s",
                   other, wanted);
}

int option_parse_bytes(struct str text, void *ret, struct err *e)
{
    struct quantity q;
    int shown = (int)MIN(text.n, 40);
    if (quantity_parse(text, &q) < 0)
        return err_set(e, EINVAL, "\"%.*s\" is not an amount of bytes such as 64Gi", shown,
                       text.p ? text.p : "");
    if (quantity_value(q) <= 0)
        return err_set(e, EINVAL, "%.*s is not more than 0", shown, text.p);
    if (quantity_value(q) < MIB)
        return err_set(e, EINVAL, "%.*s is less than a mebibyte: is the unit wrong, or missing?",
                       shown, text.p);
    *(int64_t *)ret = quantity_value(q);
    return 0;
}
