/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll check: what in these objects turns one OOM kill into an outage?
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/verb.h"
#include "output/findings.h"

/* A configuration is written by hand; 1 MiB is far beyond any. */
enum { CONFIG_MAX_BYTES = 1 << 20 };
static const char config_name[] = ".plimsoll.yaml";

struct options {
    struct world_options world;
    struct option_outputs outputs;
    int fail_on;
    struct str config;
    bool show_suppressed;
};

static const char *const formats[] = {"text", "json", "yaml", NULL};

static const char *const fail_on_words[] = {"error", "warning", "info", "never", NULL};
static const enum severity fail_on_severity[] = {SEV_ERROR, SEV_WARNING, SEV_INFO};
enum { FAIL_ON_NEVER = 3 };

static const struct option_spec specs[] = {
    {
        .name = "fail-on",
        .type = OPTION_WORD,
        .words = fail_on_words,
        .preset = "error",
        .help = "Exit with 1 when there is a finding of this severity or worse.",
        .offset = offsetof(struct options, fail_on),
    },
    {
        .name = "config",
        .type = OPTION_TEXT,
        .takes_file = true,
        .arg = "FILE",
        .help = "Rules to switch off, their severities and thresholds, and further names of "
                "sidecars.",
        .absent = ".plimsoll.yaml in the working directory, if there is one",
        .offset = offsetof(struct options, config),
    },
    {
        .name = "show-suppressed",
        .type = OPTION_FLAG,
        .help = "List also what annotations plimsoll.dev/ignore suppress, with their reasons.",
        .offset = offsetof(struct options, show_suppressed),
    },
    {
        .name = "output",
        .letter = 'o',
        .type = OPTION_OUTPUTS,
        .arg = "FORMAT[=FILE]",
        .words = formats,
        .preset = "text",
        .help = "How to print the findings. Text lists errors and warnings and counts what is only "
                "worth knowing; json and yaml hold everything. May be given several times.",
        .offset = offsetof(struct options, outputs),
    },
};
static const struct option_table tables[] = {
    WORLD_OPTIONS(struct options, world),
    {.specs = specs, .count = ARRAY_LEN(specs)},
};

/* The text of the file; *ret absent when it does not exist and need not. */
static int read_config_file(struct arena *a, struct str name, bool needed, struct str *ret,
                            struct err *e)
{
    struct str path = arena_str(a, name);
    *ret = STR_NONE;
    int fd = open(path.p, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && !needed)
        return 0;
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        int code = errno;
        if (fd >= 0)
            close(fd);
        return err_at(e, code, name, 0, 0, "%s", strerror(code));
    }
    if (!S_ISREG(st.st_mode) || st.st_size > CONFIG_MAX_BYTES) {
        close(fd);
        return err_at(e, EINVAL, name, 0, 0, "is no file of at most 1 MiB");
    }
    char *text = arena_text(a, (size_t)st.st_size + 1);
    ssize_t n = read(fd, text, (size_t)st.st_size);
    int code = errno;
    close(fd);
    if (n < 0)
        return err_at(e, code, name, 0, 0, "%s", strerror(code));
    *ret = (struct str){text, (size_t)n};
    return 0;
}

static int read_config(const struct options *o, struct arena *a, struct check_config *ret,
                       struct err *e)
{
    struct str text, name = o->config.p ? o->config : str_of(config_name);
    check_config_init(ret, a);
    int r = read_config_file(a, name, o->config.p != NULL, &text, e);
    return r < 0 || !text.p ? r : check_config_read(ret, a, name, text, e);
}

static bool fails(const struct options *o, const struct judgement *j)
{
    if (o->fail_on == FAIL_ON_NEVER)
        return false;
    for (int s = (int)fail_on_severity[o->fail_on]; s <= SEV_ERROR; s++)
        if (j->by_severity[s] > 0)
            return true;
    return false;
}

static int run(const struct verb_call *c, struct err *e)
{
    const struct options *o = c->options;
    struct cluster cluster;
    struct check_config config;
    struct judgement judgement;
    int code;
    int r = read_config(o, c->arena, &config, e);
    if (r >= 0)
        r = world_read(&o->world, c->arena, &cluster, &code, e);
    if (r < 0)
        return r;
    judge(&cluster, &config, c->arena, &judgement);
    struct findings_results results = {
        .arena = c->arena,
        .cluster = &cluster,
        .judgement = &judgement,
        .show_suppressed = o->show_suppressed,
    };
    r = out_write_all(&o->outputs, findings_render, &results, e);
    if (r < 0)
        return r;
    if (code == EXIT_CLEAN && cluster.objects == 0)
        return err_set(e, EINVAL, "nothing to judge: no Kubernetes object of a known kind");
    if (code == EXIT_CLEAN && fails(o, &judgement))
        code = EXIT_FINDINGS;
    return code;
}

static const struct verb_example examples[] = {
    {"A folder of manifests; exits with 1 when there are errors:",
     "plimsoll check -f examples/black-friday", EXIT_FINDINGS},
    {"For a program, and a summary for people:",
     "plimsoll check -f examples/fixed -o json=/dev/null -o text", EXIT_CLEAN},
};

const struct verb verb_check = {
    .name = "check",
    .summary = "what in these objects turns one OOM kill into an outage?",
    .description =
        "Judges Kubernetes objects by the rules that \"plimsoll rules\" lists: missing or "
        "contradicting limits, probes that kill what is merely busy, budgets that block or do not "
        "protect, webhooks that lock a cluster.\n"
        "\n"
        "Objects are judged at the top: a Deployment, not its ReplicaSet and its pods. What can "
        "only be said with other objects at hand is judged where the input shows them, else "
        "counted as not judged: of a namespace, when the input holds the Namespace or more of it "
        "than workloads; of the cluster, when it holds Nodes, or with --complete.\n"
        "\n"
        "Severities: error means that it turns one OOM kill into an outage or cannot work at all, "
        "warning that it weakens a defence, info that it is worth knowing. An annotation on an "
        "object or its pod template suppresses findings, and says why: plimsoll.dev/ignore: "
        "\"image-latest: built on the node\".",
    .options = {tables, ARRAY_LEN(tables)},
    .options_size = sizeof(struct options),
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
