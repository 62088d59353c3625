/* SPDX-License-Identifier: Apache-2.0
 *
 * The option parser: every type of option, every way of writing it, every way of getting it wrong.
 */
#include "base/test.h"

#include "base/options.h"

struct common {
    struct option_texts files;
    bool all;
};
struct options {
    struct common common;
    struct str node;
    int assume;
    int64_t count;
    int64_t limit;
    bool quiet;
    struct option_outputs outputs;
};

static int parse_doubled(struct str text, void *ret, struct err *e)
{
    int64_t v;
    if (str_to_int64(text, &v) < 0)
        return err_set(e, EINVAL, "no number");
    *(int64_t *)ret = 2 * v;
    return 0;
}

static const char *const words[] = {"requests", "limits", NULL};
static const char *const formats[] = {"text", "json", NULL};
static const struct option_spec common_specs[] = {
    {.name = "file",
     .letter = 'f',
     .type = OPTION_TEXTS,
     .arg = "FILE",
     .help = "",
     .offset = offsetof(struct common, files)},
    {.name = "all",
     .letter = 'a',
     .type = OPTION_FLAG,
     .help = "",
     .offset = offsetof(struct common, all)},
};
static const struct option_spec own_specs[] = {
    {.name = "node",
     .type = OPTION_TEXT,
     .arg = "NODE",
     .help = "",
     .offset = offsetof(struct options, node)},
    {.name = "assume",
     .type = OPTION_WORD,
     .words = words,
     .preset = "limits",
     .help = "",
     .offset = offsetof(struct options, assume)},
    {.name = "count",
     .letter = 'n',
     .type = OPTION_INT,
     .arg = "N",
     .min = 1,
     .max = 9,
     .preset = "3",
     .help = "",
     .offset = offsetof(struct options, count)},
    {.name = "memory-limit",
     .type = OPTION_PARSED,
     .arg = "BYTES",
     .parse = parse_doubled,
     .help = "",
     .offset = offsetof(struct options, limit)},
    {.name = "quiet",
     .letter = 'q',
     .type = OPTION_FLAG,
     .help = "",
     .offset = offsetof(struct options, quiet)},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_OUTPUTS,
     .arg = "FORMAT[=FILE]",
     .words = formats,
     .preset = "text",
     .help = "",
     .offset = offsetof(struct options, outputs)},
};
static const struct option_table table_items[] = {
    {.specs = own_specs, .count = ARRAY_LEN(own_specs)},
    {.specs = common_specs,
     .count = ARRAY_LEN(common_specs),
     .offset = offsetof(struct options, common)},
};
static const struct option_tables tables = {table_items, ARRAY_LEN(table_items)};

struct parsed {
    struct arena arena;
    struct options o;
    struct option_texts rest;
    struct err e;
    int r;
};

/* Splits line at blanks and parses it. */
static void parse_tables(struct parsed *p, const struct option_tables *t, const char *line)
{
    static char text[256];
    const char *items[16];
    size_t count = 0;
    snprintf(text, sizeof(text), "%s", line);
    for (char *c = text; *c && count < ARRAY_LEN(items);) {
        items[count++] = c;
        while (*c && *c != ' ')
            c++;
        if (*c)
            *c++ = '\0';
    }
    *p = (struct parsed){0};
    arena_init(&p->arena);
    p->r = options_parse(t, (struct option_args){items, count}, &p->arena, &p->o, &p->rest, &p->e);
}

static void parse(struct parsed *p, const char *line)
{
    parse_tables(p, &tables, line);
}

static void test_presets(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "");
    assert_int_equal(p.r, 0);
    assert_int_equal(p.o.assume, 1);
    assert_int_equal(p.o.count, 3);
    assert_null(p.o.node.p);
    assert_false(p.o.quiet);
    assert_int_equal(p.o.outputs.count, 1);
    assert_int_equal(p.o.outputs.items[0].word, 0);
    arena_done(&p.arena);
}

static void test_ways_of_writing(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "--node n1 --assume requests --count 7 --memory-limit 5 -q -a -f x -f y z",
        "--node=n1 --assume=requests --count=7 --memory-limit=5 --quiet --all --file=x -fy z",
        "z -qa -n7 --node n0 --node n1 --assume=requests --memory-limit=5 -f=x --file y",
        "-aqn 7 --node=n1 --assume=limits --assume requests --memory-limit 5 -f x -f y -- z",
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct parsed p;
        parse(&p, lines[i]);
        assert_string_equal(p.e.msg, "");
        assert_int_equal(p.r, 0);
        assert_true(str_is(p.o.node, "n1"));
        assert_int_equal(p.o.assume, 0);
        assert_int_equal(p.o.count, 7);
        assert_int_equal(p.o.limit, 10);
        assert_true(p.o.quiet && p.o.common.all);
        assert_int_equal(p.o.common.files.count, 2);
        assert_true(str_is(p.o.common.files.items[0], "x"));
        assert_true(str_is(p.o.common.files.items[1], "y"));
        assert_int_equal(p.rest.count, 1);
        assert_true(str_is(p.rest.items[0], "z"));
        arena_done(&p.arena);
    }
}

static void test_outputs(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "-o json=a=b.json -o text -ojson=c");
    assert_int_equal(p.r, 0);
    assert_int_equal(p.o.outputs.count, 3);
    assert_int_equal(p.o.outputs.items[0].word, 1);
    assert_true(str_is(p.o.outputs.items[0].file, "a=b.json"));
    assert_null(p.o.outputs.items[1].file.p);
    arena_done(&p.arena);
}

static void test_stops_at_dashes(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "-f - -- --node -x");
    assert_int_equal(p.r, 0);
    assert_true(str_is(p.o.common.files.items[0], "-"));
    assert_int_equal(p.rest.count, 2);
    assert_true(str_is(p.rest.items[0], "--node"));
    arena_done(&p.arena);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"--memroy-limit 5", "unknown option --memroy-limit; did you mean --memory-limit?"},
        {"--mem=5", "unknown option --mem; did you mean --memory-limit?"},
        {"--completely-else", "unknown option --completely-else"},
        {"-x", "unknown option -x"},
        {"-qxa", "unknown option -x in -qxa"},
        {"--node", "--node needs a value: --node NODE"},
        {"-qn", "--count needs a value: --count N"},
        {"--assume", "--assume needs a value: --assume requests|limits"},
        {"--assume=limit", "--assume: \"limit\" is not one of requests, limits"},
        {"--count 0", "--count: 0 is not from 1 to 9"},
        {"--count 99999999999999999999", "--count: 99999999999999999999 is not from 1 to 9"},
        {"-n x", "--count: \"x\" is not a whole number"},
        {"--memory-limit x", "--memory-limit: no number"},
        {"--quiet=yes", "--quiet takes no value"},
        {"-o xml", "--output: \"xml\" is not one of text, json"},
        {"-o json=", "--output: no file name after \"json=\""},
        {"-o json=a -o text=a", "--output: two outputs to one file"},
        {"-o json -o text", "--output: two formats for standard output: give one a file, such as "
                            "-o text=FILE"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct parsed p;
        parse(&p, cases[i].line);
        assert_string_equal(p.e.msg, cases[i].message);
        assert_int_equal(p.r, -EINVAL);
        arena_done(&p.arena);
    }
}

static void test_help_wins(void **state)
{
    (void)state;
    static const char *const lines[] = {"--help", "-h", "-f x --help --nonsense", "-qh"};
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct parsed p;
        parse(&p, lines[i]);
        assert_int_equal(p.r, -ECANCELED);
        arena_done(&p.arena);
    }
}

static void test_required(void **state)
{
    (void)state;
    static const struct option_spec specs[] = {
        {.name = "node",
         .type = OPTION_TEXT,
         .arg = "NODE",
         .help = "",
         .required = true,
         .offset = offsetof(struct options, node)},
    };
    static const struct option_table one[] = {{.specs = specs, .count = 1}};
    static const struct option_tables required = {one, 1};
    struct parsed p;
    parse_tables(&p, &required, "x");
    assert_int_equal(p.r, -EINVAL);
    assert_string_equal(p.e.msg, "--node NODE is missing");
    arena_done(&p.arena);
    parse_tables(&p, &required, "--node x");
    assert_int_equal(p.r, 0);
    arena_done(&p.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_presets),  cmocka_unit_test(test_ways_of_writing),
        cmocka_unit_test(test_outputs),  cmocka_unit_test(test_stops_at_dashes),
        cmocka_unit_test(test_mistakes), cmocka_unit_test(test_help_wins),
        cmocka_unit_test(test_required),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
