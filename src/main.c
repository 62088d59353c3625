/* SPDX-License-Identifier: Apache-2.0
 *
 * From the command line to a verb of the verb table, and from its result to the exit code. Out of
 * memory anywhere below ends here: one line on stderr, exit code 70.
 */
#include <inttypes.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "cmd/manual.h"
#include "cmd/verb.h"
#include "output/out.h"

struct program {
    struct option_args args; /* without the name of the program */
    struct arena arena;
    int code;
};

/* Prints "plimsoll VERB: where: message" without anything that could steer a terminal. */
static void print_error(const char *verb, const struct err *e)
{
    struct buf line CLEANUP(buf_done);
    buf_init(&line, 8 * KIB);
    buf_printf(&line, "plimsoll%s%s: ", verb ? " " : "", verb ? verb : "");
    if (e->where[0]) {
        text_add_clean(&line, str_of(e->where));
        buf_add_cstr(&line, ": ");
    }
    text_add_clean(&line, str_of(e->msg));
    buf_add_char(&line, '\n');
    fwrite(line.p, 1, line.n, stderr);
}

/* The exit code of a verb that ended with an error. */
static int report(const char *verb, const struct err *e)
{
    /* Nobody reads on ("| head"): not worth a word. */
    if (e->code == EPIPE)
        return EXIT_PIPE;
    print_error(verb, e);
    return e->code == ENOMEM ? EXIT_NO_MEMORY : e->code == EREMOTEIO ? EXIT_CLUSTER : EXIT_USAGE;
}

static int print_help(const struct verb *v)
{
    struct err e = {0};
    struct buf text CLEANUP(buf_done);
    buf_init(&text, MIB);
    manual_add_help(&text, v);
    return out_write(STR_NONE, buf_str(&text), &e) < 0 ? report(v->name, &e) : EXIT_CLEAN;
}

static int run_verb(const struct verb *v, struct option_args args, struct arena *a)
{
    struct err e = {0};
    struct verb_call call = {.verb = v, .arena = a};
    void *options = arena_alloc(a, v->options_size ? v->options_size : 1);
    call.options = options;
    int r = options_parse(&v->options, args, a, options, &call.args, &e);
    if (r == -ECANCELED)
        return print_help(v);
    if (r >= 0 && call.args.count && !v->args)
        r = err_set(&e, EINVAL, "\"" STR_FMT "\" is not expected here%s",
                    STR_ARG(call.args.items[0]),
                    options_find(&v->options, STR("file")) ? "; files come after -f" : "");
    if (r < 0) {
        print_error(v->name, &e);
        fprintf(stderr, "See \"plimsoll help %s\".\n", v->name);
        return EXIT_USAGE;
    }
    r = v->run(&call, &e);
    return r >= 0 ? r : report(v->name, &e);
}

/* What stands in for a verb: no argument at all, --help, --version. */
static const char *verb_for_option(struct str first)
{
    if (str_is(first, "--help") || str_is(first, "-h"))
        return "help";
    if (str_is(first, "--version") || str_is(first, "-V"))
        return "version";
    return NULL;
}

static int run_program(void *arg)
{
    struct program *p = arg;
    struct err e = {0};
    if (p->args.count == 0) {
        struct buf text CLEANUP(buf_done);
        buf_init(&text, MIB);
        manual_add_usage(&text);
        fwrite(text.p, 1, text.n, stderr);
        p->code = EXIT_USAGE;
        return 0;
    }
    struct str first = str_of(p->args.items[0]);
    const char *instead = verb_for_option(first);
    const struct verb *v = verb_find(instead ? str_of(instead) : first);
    if (!v) {
        if (str_starts(first, "-"))
            err_set(&e, EINVAL,
                    "the first argument is a verb, not an option (\"plimsoll help\" "
                    "lists them)");
        else
            (void)verb_unknown(first, &e);
        print_error(NULL, &e);
        p->code = EXIT_USAGE;
        return 0;
    }
    p->code = run_verb(v, (struct option_args){p->args.items + 1, p->args.count - 1}, &p->arena);
    return 0;
}

#ifdef PLIMSOLL_DEVELOPER
/* PLIMSOLL_FAIL_ALLOC=N or N+, see base/alloc.h. */
static void fail_allocation_as_asked(void)
{
    struct str text = str_of(getenv("PLIMSOLL_FAIL_ALLOC"));
    bool sticky = str_ends(text, "+");
    int64_t n;
    if (str_to_int64(str_sub(text, 0, text.n - sticky), &n) == 0 && n > 0)
        mem_fail_at((uint64_t)n, sticky);
}

/* Adds the number of allocations of this run to the file that PLIMSOLL_COUNT_ALLOC names. */
static void count_allocations_as_asked(void)
{
    const char *path = getenv("PLIMSOLL_COUNT_ALLOC");
    FILE *f = path ? fopen(path, "ae") : NULL;
    if (!f)
        return;
    fprintf(f, "%" PRIu64 "\n", mem_count());
    fclose(f);
}
#endif

int main(int argc, char **argv)
{
    struct program p = {0};
    if (argc > 1) {
        p.args.items = (const char *const *)argv + 1;
        p.args.count = (size_t)argc - 1;
    }
#ifdef PLIMSOLL_DEVELOPER
    fail_allocation_as_asked();
#endif
    arena_init(&p.arena);
    if (mem_protect(run_program, &p) == -ENOMEM) {
        static const char text[] = "plimsoll: out of memory\n";
        ssize_t ignored UNUSED = write(STDERR_FILENO, text, sizeof(text) - 1);
        p.code = EXIT_NO_MEMORY;
    }
    arena_done(&p.arena);
#ifdef PLIMSOLL_DEVELOPER
    count_allocations_as_asked();
#endif
    return p.code;
}
