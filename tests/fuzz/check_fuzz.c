/* SPDX-License-Identifier: Apache-2.0
 *
 * All of check and inspect but the files: documents, model, rules, findings in every format, facts
 * of pods. Text must not hold control characters, JSON must parse, and a baseline of the findings
 * must know every one of them.
 */
#include "analysis/pod_facts.h"
#include "base/alloc.h"
#include "model/decode.h"
#include "model/defaults.h"
#include "output/baseline.h"
#include "output/findings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct str text;
    struct arena a;
    struct buf out;
};

static void read_documents(struct input *in, struct cluster *c)
{
    static const struct source source = {.name = {"f.yaml", 6}};
    const struct decode_input decode = {.a = &in->a, .source = &source};
    struct doc_reader r;
    struct doc_root root;
    struct err e;
    int got;
    doc_reader_init(&r, source.name, in->text);
    do {
        while ((got = doc_read(&r, &in->a, &root, &e)) > 0)
            decode_document(&decode, &root, c);
    } while (got < 0 && doc_reader_resync(&r));
    doc_reader_done(&r);
}

static void check_text(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\n') || s.p[i] == 0x7f)
            __builtin_trap();
}

static void check_json(struct input *in, struct str s)
{
    struct doc_root root;
    struct err e;
    if (json_parse(STR("o"), s, &in->a, &root, &e))
        __builtin_trap();
}

static void render(struct input *in, const struct cluster *c, const struct check_config *config,
                   const struct judgement *j)
{
    const struct findings_results results = {.arena = &in->a,
                                             .cluster = c,
                                             .judgement = j,
                                             .config = config,
                                             .fail_severity = SEV_ERROR,
                                             .show_suppressed = true};
    for (int word = FINDINGS_TEXT; word <= FINDINGS_GITLAB; word++) {
        buf_clear(&in->out);
        findings_render(&results, &(struct out_format){.word = word}, &in->out);
        if (word == FINDINGS_JSON || word == FINDINGS_SARIF || word == FINDINGS_GITLAB)
            check_json(in, buf_str(&in->out));
        else if (word != FINDINGS_YAML)
            check_text(buf_str(&in->out));
    }
}

static void check_baseline(struct input *in, struct judgement *j)
{
    struct baseline written, read;
    struct err e;
    baseline_from(&written, &in->a, j, SEV_INFO, false);
    buf_clear(&in->out);
    baseline_render(&written, &(struct out_format){.word = BASELINE_YAML}, &in->out);
    struct str text = arena_str(&in->a, buf_str(&in->out));
    if (baseline_read(&read, &in->a, STR("b"), text, &e))
        __builtin_trap();
    baseline_apply(&read, &in->a, j, KNOWN_BASELINE);
    if (read.stale || j->by_severity[SEV_ERROR] || j->by_severity[SEV_WARNING] ||
        j->by_severity[SEV_INFO])
        __builtin_trap();
}

static int run(void *arg)
{
    struct input *in = arg;
    struct cluster c = {.arena = &in->a};
    struct check_config config;
    struct judgement judgement;
    struct pod_facts_list facts = {0};
    const struct pod_facts_options options = {0};
    read_documents(in, &c);
    cluster_resolve(&c);
    cluster_default(&c);
    check_config_init(&config, &in->a);
    judge(&c, &config, &in->a, &judgement);
    render(in, &c, &config, &judgement);
    check_baseline(in, &judgement);
    pod_facts_all(&in->a, &c, &options, &facts);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {.text = {(const char *)data, size}};
    arena_init(&in.a);
    buf_init(&in.out, (size_t)64 << 20);
    if (mem_protect(run, &in))
        __builtin_trap();
    buf_done(&in.out);
    arena_done(&in.a);
    return 0;
}
