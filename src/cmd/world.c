/* SPDX-License-Identifier: Apache-2.0
 *
 * The options of every verb that reads a world, and the reading itself.
 */
#include <unistd.h>

#include "base/text.h"
#include "cmd/verb.h"
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
        .absent = "standard input, when it is a pipe or a file",
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
    buf_add_cstr(&line, ": ");
    buf_add_cstr(&line, note);
    if (p->type == PROBLEM_INVALID_VALUE && p->path.n) {
        text_add_clean(&line, p->path);
        buf_add_char(&line, ' ');
    }
    text_add_clean(&line, p->message);
    buf_add_char(&line, '\n');
    fwrite(line.p, 1, line.n, stderr);
}

/* What is odd about the world without being anyone's finding: one line each, the objects that are
 * given twice (bases and overlays in one folder) counted. */
static void print_oddities(const struct cluster *c)
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
    };
    if (source.path_count == 0) {
        if (isatty(STDIN_FILENO))
            return err_set(e, EINVAL, "nothing to read: name a file or folder with -f");
        source.paths = &standard_input;
        source.path_count = 1;
    }
    int r = source_read(&source, a, ret, e);
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
    if (!o->quiet)
        print_oddities(ret);
    return 0;
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
    *(int64_t *)ret = quantity_value(q);
    return 0;
}
