/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll version: which plimsoll this is, and which Kubernetes its arithmetic copies.
 */
#include "base/json_write.h"
#include "cmd/verb.h"
#include "output/out.h"

/* The release whose sources the model mirrors (src/model names the files). */
static const char kubernetes_version[] = "1.36.3";

struct options {
    struct option_outputs outputs;
};

static const char *const formats[] = {"text", "json", "yaml", NULL};
enum { FORMAT_TEXT, FORMAT_JSON, FORMAT_YAML };

static const struct option_spec specs[] = {
    OUTPUT_OPTION(struct options, outputs, formats, "text", "How to print it.")};
static const struct option_table tables[] = {{.specs = specs, .count = ARRAY_LEN(specs)}};

static void render(const void *results UNUSED, const struct out_format *f, struct buf *b)
{
    if (f->word == FORMAT_TEXT) {
        buf_printf(b, "plimsoll %s (arithmetic of Kubernetes %s)\n", PLIMSOLL_VERSION,
                   kubernetes_version);
        return;
    }
    struct json_writer w;
    json_writer_init(&w, b, f->word == FORMAT_YAML ? JSON_AS_YAML : JSON_INDENTED);
    json_map(&w);
    json_add_cstr(&w, "apiVersion", "plimsoll.dev/v1");
    json_add_cstr(&w, "kind", "Version");
    json_key(&w, "summary");
    json_map(&w);
    json_add_cstr(&w, "version", PLIMSOLL_VERSION);
    json_add_cstr(&w, "kubernetesVersion", kubernetes_version);
    json_add_cstr(&w, "compiler", __VERSION__);
    json_map_end(&w);
    json_key(&w, "items");
    json_seq(&w);
    json_seq_end(&w);
    json_map_end(&w);
    json_writer_end(&w);
}

static int run(const struct verb_call *c, struct err *e)
{
    const struct options *o = c->options;
    return out_write_all(&o->outputs, render, NULL, e);
}

static const struct verb_example examples[] = {
    {"For a script:", "plimsoll version -o json", EXIT_CLEAN},
};

const struct verb verb_version = {
    .name = "version",
    .summary = "the version, and the Kubernetes whose arithmetic it copies",
    .description = "Prints the version of plimsoll and of the Kubernetes release whose arithmetic "
                   "it copies.",
    .options = {tables, ARRAY_LEN(tables)},
    .options_size = sizeof(struct options),
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
