/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll snapshot: the world as one List that can be kept, and shared.
 */
#include <sys/random.h>
#include <unistd.h>

#include "act/snapshot.h"
#include "base/text.h"
#include "base/text_file.h"
#include "cmd/live.h"
#include "rules/engine.h"
#include "source/api_each.h"
#include "source/each.h"
#include "source/source.h"
#include "source/standard_input.h"

struct options {
    struct world_options world;
    struct str to, redact_key;
    bool redact, quiet;
};

static const struct option_spec specs[] = {
    {
        .name = "to",
        .type = OPTION_TEXT,
        .takes_file = true,
        .arg = "FILE|DIR",
        .help = "Where to write it. A name that ends in .gz is compressed; a folder (one that is "
                "there, or a name that ends in /) gets one file for each kind. Only its owner may "
                "read it. It appears when it is complete.",
        .absent = "standard output",
        .offset = offsetof(struct options, to),
    },
    {
        .name = "redact",
        .type = OPTION_FLAG,
        .help =
            "Replace names by pseudonyms, the same name by the same one everywhere, so that the "
            "world can be shared.",
        .offset = offsetof(struct options, redact),
    },
    {
        .name = "redact-key",
        .type = OPTION_TEXT,
        .takes_file = true,
        .arg = "FILE",
        .help = "A secret of yours that the pseudonyms are made from: snapshots with the same file "
                "have the same ones. Implies --redact.",
        .absent = "a new secret for each run, which nobody keeps",
        .offset = offsetof(struct options, redact_key),
    },
    {
        .name = "quiet",
        .letter = 'q',
        .type = OPTION_FLAG,
        .help = "No summary on standard error.",
        .offset = offsetof(struct options, quiet),
    },
};

static const struct option_table tables[] = {
    WORLD_OPTIONS(struct options, world),
    SCOPE_OPTIONS(struct options, world),
    {.specs = specs, .count = ARRAY_LEN(specs)},
};

enum { KEY_BYTES = 32, LARGEST_KEY = 1 << 20 };

struct passing {
    struct snapshot *snapshot;
    int code;
    bool stopped; /* by what could not be written */
};

/* ---- the key ---- */

static int read_key(const struct verb_call *c, char own[KEY_BYTES], struct str *ret, struct err *e)
{
    const struct options *o = c->options;
    if (!o->redact_key.p) {
        *ret = (struct str){own, KEY_BYTES};
        return getrandom(own, KEY_BYTES, 0) == KEY_BYTES
                   ? 0
                   : err_set(e, errno, "no random numbers: %s", strerror(errno));
    }
    int r = text_file_read(c->arena, o->redact_key, LARGEST_KEY, ret, e);
    if (r == 0 && str_empty(str_trim(*ret)))
        return err_set(e, EINVAL, STR_FMT " is empty: a key must be a secret",
                       STR_ARG(str_sub(o->redact_key, 0, 200)));
    return r;
}

/* Suppressions name rules. */
static const char *const *rule_ids(struct arena *a)
{
    const char **ids = arena_array(a, const char *, rule_count + 1);
    for (size_t i = 0; i < rule_count; i++)
        ids[i] = rule_table[i]->id;
    return ids;
}

/* ---- the world ---- */

static int take(void *ctx, const struct each_object *o, struct err *e)
{
    struct passing *r = ctx;
    int done = snapshot_add(r->snapshot, o->object, o->api_version, o->kind, e);
    r->stopped = done < 0;
    return done;
}

static void take_bad(void *ctx, const struct err *e)
{
    struct passing *r = ctx;
    struct buf line CLEANUP(buf_done);
    buf_init(&line, 8 * KIB);
    buf_add_cstr(&line, "plimsoll: ");
    if (e->where[0]) {
        text_add_clean(&line, str_of(e->where));
        buf_add_cstr(&line, ": ");
    }
    text_add_clean(&line, str_of(e->msg));
    buf_add_char(&line, '\n');
    verb_say(&line);
    r->code = EXIT_USAGE;
}

struct node_names {
    struct arena *a;
    LIST_OF(struct str) names;
};

static int take_node(void *ctx, const struct each_object *o, struct err *e)
{
    (void)e;
    struct node_names *n = ctx;
    struct str name = doc_text(doc_get(o->object, "metadata"), "name");
    if (kind_find(o->api_version, o->kind) == KIND_NODE && name.n)
        *PUSH(n->a, &n->names) = arena_str(n->a, name);
    return 0;
}

static void pass_over(void *ctx, const struct err *e)
{
    (void)ctx;
    (void)e;
}

/* The names of nodes have to be known before the first of them is written. */
static int find_nodes(const struct verb_call *c, const struct source_options *source,
                      struct redact *redact, struct err *e)
{
    struct node_names found = {.a = c->arena};
    int r = 0;
    for (size_t i = 0; i < source->path_count && r == 0; i++)
        if (str_is(source->paths[i], "-"))
            r = standard_input_spool(e);
    if (r == 0)
        r = source_each(source, take_node, pass_over, &found, e);
    if (r == 0)
        redact_nodes(redact, found.names.items, found.names.count);
    if (r == 0 && lseek(STDIN_FILENO, 0, SEEK_SET) < 0)
        errno = 0; /* it is none of the files then */
    return r;
}

static int record_files(const struct verb_call *c, struct passing *r, struct redact *redact,
                        struct err *e)
{
    const struct options *o = c->options;
    static const struct str standard_input = {"-", 1};
    struct source_options source = {.paths = o->world.paths.items,
                                    .path_count = o->world.paths.count,
                                    .exclude = o->world.exclude};
    if (source.path_count == 0 && !world_is_live(&o->world)) {
        source.paths = &standard_input;
        source.path_count = 1;
    }
    int found = redact ? find_nodes(c, &source, redact, e) : 0;
    return found < 0 ? found : source_each(&source, take, take_bad, r, e);
}

static int record_cluster(const struct verb_call *c, struct passing *r, struct redact *redact,
                          struct err *e)
{
    const struct options *o = c->options;
    struct live l;
    struct cluster read = {.arena = c->arena};
    int done = world_open_cluster(&o->world, c->arena, &l, e);
    if (done < 0)
        return done;
    struct apiserver_options options = {
        .client = l.client,
        .context = l.config.context,
        .server = l.config.server,
        .uses = USE_SNAPSHOT,
        .ns = o->world.ns,
        .fallback_ns = o->world.all_namespaces ? STR_NONE : l.config.ns,
        .ns_must_exist = true,
        .list = (enum list_mode)o->world.cluster.list,
        .ask_kubelets = l.in_cluster,
        .kubelets_insecure = o->world.kubelets_insecure,
        .via_nodes_proxy = o->world.via_nodes_proxy,
        .kubelet_ms = o->world.cluster.request_ms,
    };
    struct str_list nodes = {0};
    if (redact)
        done = apiserver_node_names(&options, c->arena, &nodes, e);
    if (redact && done == 0)
        redact_nodes(redact, nodes.items, nodes.count);
    if (done == 0)
        done = apiserver_each(&options, take, r, c->arena, &read, e);
    live_done(&l);
    if (done < 0)
        return r->stopped ? done : live_failed(e);
    done = snapshot_add_gaps(r->snapshot, &read, e);
    if (done < 0)
        return done;
    for (size_t i = 0; i < read.unlisted.count; i++)
        r->code = read.unlisted.items[i].forbidden ? r->code : EXIT_CLUSTER;
    struct world_options world = o->world;
    world.uses = USE_SNAPSHOT;
    world_print_live(&world, &read);
    world_print_oddities(&read);
    return 0;
}

static void print_summary(const struct options *o, const struct snapshot_counts *n)
{
    struct buf b CLEANUP(buf_done);
    buf_init(&b, 8 * KIB);
    buf_add_cstr(&b, "plimsoll: ");
    text_add_count(&b, (int64_t)n->objects);
    buf_printf(&b, " object%s of %zu kind%s", n->objects == 1 ? "" : "s", n->kinds,
               n->kinds == 1 ? "" : "s");
    if (o->to.p) {
        buf_add_cstr(&b, " in ");
        text_add_clean(&b, o->to);
    }
    if (o->redact || o->redact_key.p)
        buf_add_cstr(&b, ", names replaced");
    if (n->left_out) {
        buf_add_cstr(&b, "; ");
        text_add_count(&b, (int64_t)n->left_out);
        buf_add_cstr(&b, " left out (Secrets)");
    }
    buf_add_char(&b, '\n');
    verb_say(&b);
}

static int record(const struct verb_call *c, const struct record_names *names, struct err *e)
{
    const struct options *o = c->options;
    struct snapshot_options how = {.to = o->to, .names = *names};
    struct passing r = {.code = EXIT_CLEAN};
    struct snapshot_counts counts;
    int done = world_check(&o->world, e);
    if (done == 0)
        done = snapshot_new(&how, &r.snapshot, e);
    if (done < 0)
        return done;
    if (o->world.paths.count || !world_is_live(&o->world))
        done = record_files(c, &r, names->all, e);
    if (done == 0 && world_is_live(&o->world))
        done = record_cluster(c, &r, names->all, e);
    if (done < 0) {
        snapshot_abandon(r.snapshot);
        return done;
    }
    done = snapshot_commit(r.snapshot, &counts, e);
    if (done == 0 && !o->quiet)
        print_summary(o, &counts);
    return done < 0 ? done : r.code;
}

static int run(const struct verb_call *c, struct err *e)
{
    const struct options *o = c->options;
    char own[KEY_BYTES];
    struct str key;
    bool all = o->redact || o->redact_key.p;
    int r = read_key(c, own, &key, e);
    if (r < 0)
        return r;
    struct redact *redact = arena_new(c->arena, struct redact);
    redact_init(redact, key, rule_ids(c->arena));
    r = record(c, &(struct record_names){.all = all ? redact : NULL, .commands = redact}, e);
    redact_done(redact);
    return r;
}

static const struct verb_example examples[] = {
    {"A world to share, without its names:",
     "plimsoll snapshot -f examples/black-friday/checkout.yaml --redact", EXIT_CLEAN},
};

const struct verb verb_snapshot = {
    .name = "snapshot",
    .summary = "record the world as one file that every verb reads",
    .description =
        "Writes the objects as one List that every verb reads with -f, so that a question can be "
        "asked again later, elsewhere, and without the cluster. What is kept is what plimsoll reads: "
        "a snapshot gives the same findings and the same load line as what it was made of.\n"
        "\n"
        "Left out are Secrets, managedFields, annotations, ConfigMap data, and of command lines and "
        "environments everything but memory flags and what a rule reads. With --redact names become "
        "pseudonyms, too.\n"
        "\n"
        "Objects pass through one by one: memory does not grow with the cluster.",
    .options = {tables, ARRAY_LEN(tables)},
    .options_size = sizeof(struct options),
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
