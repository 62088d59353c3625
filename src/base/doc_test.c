/* SPDX-License-Identifier: Apache-2.0
 *
 * The document reader: streams, formats, encodings, positions, aliases, caps and what is noted.
 */
#include "base/test.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/doc.h"

struct fixture {
    struct arena a;
    struct doc_reader r;
    struct doc_root root;
    struct err e;
};

static void begin(struct fixture *f, struct str text)
{
    *f = (struct fixture){0};
    arena_init(&f->a);
    doc_reader_init(&f->r, STR("t.yaml"), text);
}

static void finish(struct fixture *f)
{
    doc_reader_done(&f->r);
    arena_done(&f->a);
}

static int next(struct fixture *f)
{
    return doc_read(&f->r, &f->a, &f->root, &f->e);
}

/* The one document of text. */
static const struct doc *only(struct fixture *f, const char *text)
{
    begin(f, str_of(text));
    if (next(f) != 1)
        fail_msg("%s: %s %s", text, f->e.where, f->e.msg);
    return f->root.root;
}

static void refused(const char *text, const char *where, const char *words)
{
    struct fixture f;
    begin(&f, str_of(text));
    if (next(&f) != -EINVAL)
        fail_msg("accepted: %s", text);
    assert_string_equal(f.e.where, where);
    if (!strstr(f.e.msg, words))
        fail_msg("%s does not say %s", f.e.msg, words);
    finish(&f);
}

static void test_lookup(void **state)
{
    (void)state;
    struct fixture f;
    const struct doc *n =
        only(&f, "metadata: {name: x}\nreplicas: 3\npaused: yes\nbig: 1e30\n"
                 "huge: 99999999999999999999\nfew: -99999999999999999999\nnone:\n");
    assert_true(str_is(doc_path(n, "metadata.name")->text, "x"));
    assert_null(doc_path(n, "metadata.name.x"));
    assert_null(doc_path(n, "spec.name"));
    assert_null(doc_get(NULL, "a"));
    assert_null(doc_get(doc_get(n, "replicas"), "a"));
    assert_true(str_is(doc_text(n, "replicas"), "3"));
    assert_null(doc_text(n, "none").p);
    assert_int_equal(doc_int(n, "replicas", 1), 3);
    assert_int_equal(doc_int(n, "absent", 1), 1);
    assert_int_equal(doc_int(n, "paused", 1), 1);
    assert_true(doc_int(n, "huge", 1) == INT64_MAX);
    assert_true(doc_int(n, "few", 1) == INT64_MIN);
    assert_true(doc_bool(n, "paused", false));
    assert_true(doc_bool(n, "replicas", true));
    assert_string_equal(doc_type_name(doc_get(n, "none")), "null");
    assert_string_equal(doc_type_name(n), "object");
    finish(&f);
}

/* Kubernetes' types; tests/differential/yaml.py compares many more with the decoder itself. */
static void test_types(void **state)
{
    static const struct {
        const char *yaml;
        enum doc_type type;
        const char *text;
    } cases[] = {
        {"no", DOC_BOOL, "false"},
        {"On", DOC_BOOL, "true"},
        {"y", DOC_BOOL, "true"},
        {"nO", DOC_STRING, "nO"},
        {"~", DOC_NULL, NULL},
        {"", DOC_NULL, NULL},
        {"0644", DOC_INT, "420"},
        {"0o17", DOC_INT, "15"},
        {"0x1F", DOC_INT, "31"},
        {"0b11", DOC_INT, "3"},
        {"1_000", DOC_INT, "1000"},
        {"+7", DOC_INT, "7"},
        {"-0", DOC_INT, "0"},
        {"08", DOC_INT, "8"},
        {"1e3", DOC_INT, "1000"},
        {"1.50", DOC_FLOAT, "1.5"},
        {".5", DOC_FLOAT, "0.5"},
        {"1e-7", DOC_FLOAT, "1e-7"},
        {"1e400", DOC_STRING, "1e400"},
        {"12:30:45", DOC_STRING, "12:30:45"},
        {"2001-01-01", DOC_STRING, "2001-01-01"},
        {"'no'", DOC_STRING, "no"},
        {"\"1\"", DOC_STRING, "1"},
        {"!!str 1", DOC_STRING, "1"},
        {"!!int '1'", DOC_INT, "1"},
        {".inf", DOC_FLOAT, ".inf"},
        {"-.INF", DOC_FLOAT, "-.inf"},
        {"100m", DOC_STRING, "100m"},
        {"!!binary aGk=", DOC_STRING, "hi"},
        {"18446744073709551615", DOC_INT, "18446744073709551615"},
        {"!own 1", DOC_STRING, "1"},
        {"0.1000000000000000055511", DOC_FLOAT, "0.1"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[80];
        struct fixture f;
        snprintf(text, sizeof(text), "a: %s\n", cases[i].yaml);
        const struct doc *n = only(&f, text)->child;
        if (n->type != cases[i].type || !str_eq(n->text, str_of(cases[i].text)))
            fail_msg("%s: type %d, text " STR_FMT, cases[i].yaml, n->type, STR_ARG(n->text));
        finish(&f);
    }
}

static void assert_place(const struct doc *n, uint32_t line, uint32_t column, size_t start,
                         size_t end)
{
    assert_int_equal(n->at.line, line);
    assert_int_equal(n->at.column, column);
    assert_int_equal(n->start, start);
    assert_int_equal(n->end, end);
}

static void test_positions(void **state)
{
    (void)state;
    struct fixture f;
    const struct doc *n =
        only(&f, "\xc3\xa4: \xe2\x82\xac # c\r\nb:\r\n  - &x 1\r\n  - |\r\n    x\r\n\r\n"
                 "c: {d: *x}\r\ne:\r\n");
    const struct doc *b = n->child->next;
    assert_place(n->child, 1, 4, 4, 7);
    assert_int_equal(n->child->key_at.column, 1);
    assert_place(b, 3, 3, 19, 39);
    assert_int_equal(b->key_start, 13);
    assert_place(b->child, 3, 8, 24, 25);
    assert_place(b->child->next, 4, 5, 31, 39);
    assert_place(b->next, 7, 4, 46, 53);
    assert_place(b->next->child, 7, 8, 50, 52);
    assert_true(b->next->child->merged);
    assert_int_equal(b->next->next->type, DOC_NULL);
    assert_int_equal(b->next->next->start, b->next->next->end);
    finish(&f);
}

static void test_stream(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, STR("# first\n---\na: 1\n---\n---\nb: [\n---\nc: 3\n...\n# end\n"));
    assert_int_equal(next(&f), 1);
    assert_int_equal(doc_int(f.root.root, "a", 0), 1);
    assert_int_equal(f.root.start, 0);
    assert_int_equal(f.root.end, 17);
    assert_int_equal(next(&f), 1);
    assert_null(f.root.root);
    assert_int_equal(next(&f), -EINVAL);
    assert_string_equal(f.e.where, "t.yaml:7:1");
    assert_int_equal(next(&f), 0);
    assert_int_equal(doc_reader_resync(&f.r), 1);
    assert_int_equal(next(&f), 1);
    assert_int_equal(doc_int(f.root.root, "c", 0), 3);
    assert_int_equal(f.root.root->at.line, 8);
    assert_int_equal(next(&f), 0);
    assert_int_equal(next(&f), 0);
    finish(&f);

    begin(&f, STR("{\"a\":1}\n{\"a\":2} [3]"));
    for (int i = 1; i <= 3; i++)
        assert_int_equal(next(&f), 1);
    assert_int_equal(f.root.root->at.line, 2);
    assert_int_equal(next(&f), 0);
    finish(&f);

    for (size_t i = 0; i < 4; i++) {
        static const char *const empty[] = {"", "\n\n", "# only a comment", "\xef\xbb\xbf"};
        begin(&f, str_of(empty[i]));
        assert_int_equal(next(&f), 0);
        finish(&f);
    }
}

static void test_source(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f, STR("---\n# Source: web/templates/a.yaml\nkind: A\n---\nkind: B\n# Source: late\n"
                  "--- # c\r\n# Source: web/c.yaml\r\nkind: C\r\n"));
    assert_int_equal(next(&f), 1);
    assert_true(str_is(f.root.source, "web/templates/a.yaml"));
    assert_int_equal(next(&f), 1);
    assert_null(f.root.source.p);
    assert_int_equal(next(&f), 1);
    assert_true(str_is(f.root.source, "web/c.yaml"));
    finish(&f);
}

static void test_duplicates(void **state)
{
    (void)state;
    struct fixture f;
    const struct doc *n = only(&f, "a: &x {b: 1}\nc: *x\na: 2\n1: p\n'1': q\n");
    assert_int_equal(f.root.duplicate_count, 2);
    assert_int_equal(f.root.duplicates[0].first.line, 1);
    assert_int_equal(f.root.duplicates[0].second.line, 3);
    assert_int_equal(doc_int(n, "a", 0), 2);
    assert_int_equal(doc_int(doc_get(n, "c"), "b", 0), 1);
    assert_true(str_is(doc_text(n, "1"), "q"));
    assert_int_equal(n->count, 3);
    finish(&f);
}

static void test_merge(void **state)
{
    (void)state;
    struct fixture f;
    const struct doc *n = only(&f, "x: &x {p: 1, q: {r: 2}}\ny: &y {p: 3, s: 4}\n"
                                   "a: {<<: *x, p: 5}\nb: {<<: [*x, *y]}\nc: {p: 6, <<: *y}\n");
    const struct doc *a = doc_get(n, "a"), *b = doc_get(n, "b"), *q = doc_get(a, "q");
    assert_int_equal(f.root.duplicate_count, 0);
    assert_int_equal(doc_int(a, "p", 0), 5);
    assert_false(doc_get(a, "p")->merged);
    assert_true(q->merged && q->by_merge_key && q->child->merged);
    assert_ptr_not_equal(q->child, doc_path(n, "x.q")->child);
    assert_false(doc_path(n, "x.q")->child->merged);
    assert_int_equal(doc_int(b, "p", 0), 1);
    assert_int_equal(doc_int(b, "s", 0), 4);
    /* What comes later wins, as in Kubernetes' decoder. */
    assert_int_equal(doc_int(doc_get(n, "c"), "p", 0), 3);
    finish(&f);
    refused("x: &x [1]\nc: {<<: *x}\n", "t.yaml:2:9", "must be a map or a list of maps");
}

static void test_refusals(void **state)
{
    (void)state;
    refused("a: *nope\n", "t.yaml:1:4", "an anchor that is not there");
    refused("a: &a [*a]\n", "t.yaml:1:8", "inside the value");
    refused("? [a]\n: b\n", "t.yaml:1:3", "must be a scalar");
    refused("~: b\n", "t.yaml:1:1", "null");
    refused("a: !!int b\n", "t.yaml:1:4", "does not fit its tag");
    refused("a:\n\t- b\n", "t.yaml:2:1", "a tab");
    refused("a: b\nc: \x01\n", "t.yaml:2:4", "control characters");
    refused("\xc3\xa4: \xff\n", "t.yaml:1:4", "UTF-8");
    refused("{\"a\": 1,\n \"b\" 2}\n", "t.yaml:2:6", "JSON: expected ':'");
}

static void test_templates(void **state)
{
    static const char *const templates[] = {
        "a: {{ .Values.a }}\n",
        "{{- if .Values.a }}\na: 1\n{{- end }}\n",
        "a: 1\n{{ include \"x\" . }}\n",
        "a: x-{{ .Release.Name }}\n",
        "a:\n  {{- toYaml .Values.a | nindent 2 }}\n",
        "a: \"{{ .x }}\"\nb: {{ .Values.b | quote }}\n",
    };
    static const char *const fine[] = {
        "a: '{{ .Values.a }}'\n",
        "a: \"{{ .Values.a }}\"\n",
        "a: |\n  {{ .Values.a }}\n  {{- if x }}\n",
        "a: 1 # {{ .Values.a }}\n",
        "a: x{{item}}\n",
        "a: up/{{.name}}/x\n",
        "a: {b: {c: {d: 1}}}\n",
        "{\"a\": \"{{ .Values.a }}\"}",
        "a: |\n  {\"x\": {\"y\": [[[1]]]}}\n",
    };
    (void)state;
    struct fixture f;
    for (size_t i = 0; i < ARRAY_LEN(templates); i++) {
        begin(&f, str_of(templates[i]));
        if (next(&f) != -EINVAL || !strstr(f.e.msg, "unrendered Helm template; render it first"))
            fail_msg("%s: %s", templates[i], f.e.msg);
        finish(&f);
    }
    for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
        (void)only(&f, fine[i]);
        finish(&f);
    }
    /* Another fault is not blamed on a template in a string. */
    refused("a: '{{ .Values.a }}'\nb: |\n  {{ x }}\nc: [1\n", "t.yaml:5:1", "flow sequence");
}

static void test_depth(void **state)
{
    (void)state;
    for (int flow = 0; flow < 2; flow++) {
        for (int depth = DOC_MAX_DEPTH; depth <= DOC_MAX_DEPTH + 1; depth++) {
            struct buf b CLEANUP(buf_done);
            buf_init(&b, MIB);
            for (int i = 0; i < depth; i++)
                buf_add_cstr(&b, flow ? "[" : "- ");
            buf_add_cstr(&b, "x");
            for (int i = 0; flow && i < depth; i++)
                buf_add_char(&b, ']');
            struct fixture f;
            begin(&f, buf_str(&b));
            assert_int_equal(next(&f), depth == DOC_MAX_DEPTH ? 1 : -EINVAL);
            finish(&f);
        }
    }
    struct buf b CLEANUP(buf_done);
    buf_init(&b, MIB);
    for (int i = 0; i < 100; i++)
        buf_printf(&b, i ? "a%d: &a%d [*a%d]\n" : "a%d: &a%d []\n", i, i, i - 1);
    struct fixture f;
    begin(&f, buf_str(&b));
    assert_int_equal(next(&f), 1);
    finish(&f);
    for (int i = 100; i < 200; i++)
        buf_printf(&b, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    begin(&f, buf_str(&b));
    assert_int_equal(next(&f), -EINVAL);
    assert_non_null(strstr(f.e.msg, "128 levels"));
    finish(&f);
}

static void test_bombs(void **state)
{
    (void)state;
    struct buf b CLEANUP(buf_done);
    buf_init(&b, MIB);
    buf_add_cstr(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 9; i++) {
        buf_printf(&b, "a%d: &a%d [", i, i);
        for (int k = 0; k < 9; k++)
            buf_printf(&b, "%s*a%d", k ? "," : "", i - 1);
        buf_add_cstr(&b, "]\n");
    }
    struct fixture f;
    begin(&f, buf_str(&b));
    assert_int_equal(next(&f), -EINVAL);
    assert_non_null(strstr(f.e.msg, "aliases make"));
    assert_true(f.a.total_bytes < (size_t)MIB);
    finish(&f);

    /* Much sharing that is no bomb: 900 nodes in 9 copies. */
    buf_clear(&b);
    buf_add_cstr(&b, "a: &a [");
    for (int i = 0; i < 900; i++)
        buf_add_cstr(&b, "x,");
    buf_add_cstr(&b, "]\nb: [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n");
    begin(&f, buf_str(&b));
    assert_int_equal(next(&f), 1);
    assert_int_equal(doc_get(f.root.root, "b")->child->next->count, 900);
    finish(&f);
}

static void test_tag_directives(void **state)
{
    (void)state;
    struct buf b CLEANUP(buf_done);
    buf_init(&b, MIB);
    for (int i = 0; i < 65; i++)
        buf_printf(&b, "%%TAG !t%d! tag:x,%d:\n", i, i);
    buf_add_cstr(&b, "---\na: 1\n");
    struct fixture f;
    begin(&f, buf_str(&b));
    assert_int_equal(next(&f), -EINVAL);
    assert_non_null(strstr(f.e.msg, "%TAG"));
    finish(&f);
    begin(&f, str_sub(buf_str(&b), (size_t)str_find(buf_str(&b), "%TAG !t1!"), b.n));
    assert_int_equal(next(&f), 1);
    finish(&f);
}

static void test_utf16(void **state)
{
    static const char little[] = "\xff\xfe"
                                 "a\0:\0 \0\xe4\0=\xd8\x00\xde\n\0b\0:\0 \0007\0\n\0";
    static const char big[] = "\xfe\xff\0[\0\"\0x\0\"\0,\0001\0]";
    (void)state;
    struct fixture f;
    begin(&f, (struct str){little, sizeof(little) - 1});
    assert_int_equal(next(&f), 1);
    struct arena a = f.a;
    doc_reader_done(&f.r);
    f.a = a;
    const struct doc *n = f.root.root;
    assert_true(str_is(doc_text(n, "a"), "\xc3\xa4\xf0\x9f\x98\x80"));
    assert_place(n->child, 1, 4, 8, 14);
    assert_int_equal(doc_int(n, "b", 0), 7);
    assert_int_equal(n->child->next->key_start, 16);
    finish(&f);

    begin(&f, (struct str){big, sizeof(big) - 1});
    assert_int_equal(next(&f), 1);
    assert_place(f.root.root, 1, 1, 2, sizeof(big) - 1);
    assert_place(f.root.root->child, 1, 2, 4, 10);
    assert_true(str_is(f.root.root->child->text, "x"));
    finish(&f);

    begin(&f, (struct str){little, sizeof(little) - 2});
    assert_int_equal(next(&f), -EINVAL);
    finish(&f);
}

/* Each allocation fails once: nothing leaks (ASan) and nothing breaks. */
struct failing {
    struct arena a;
    struct str text;
    int result;
};

static int read_all(void *arg)
{
    struct failing *x = arg;
    struct doc_reader r;
    struct doc_root root;
    struct err e;
    doc_reader_init(&r, STR("t"), x->text);
    while ((x->result = doc_read(&r, &x->a, &root, &e)) > 0)
        continue;
    doc_reader_done(&r);
    return 0;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct buf b CLEANUP(buf_done);
    buf_init(&b, MIB);
    buf_add_cstr(&b, "x: &x {a: 1}\n");
    for (int i = 0; i < 60; i++)
        buf_printf(&b, "key%d: {<<: *x, b: \"\\t%d\"}\n", i, i);
    struct failing x = {.text = buf_str(&b)};
    arena_init(&x.a);
    for (uint64_t n = 1;; n++) {
        mem_fail_at(n, false);
        int r = mem_protect(read_all, &x);
        mem_fail_at(0, false);
        arena_done(&x.a);
        if (r == 0) {
            assert_true(n > 3);
            assert_int_equal(x.result, 0);
            return;
        }
        assert_int_equal(r, -ENOMEM);
    }
}

static bool no_spec(const struct doc *root, struct str key)
{
    return str_is(key, "spec") && str_is(doc_text(root, "kind"), "Wide");
}

/* What nobody wants is read over, and what comes after it is not. */
static void test_unwanted(void **state)
{
    (void)state;
    static const char text[] = "kind: Wide\n"
                               "spec: {a: &one [1, {b: c}], d: *one, d: twice}\n"
                               "after: *one\n"
                               "end: {e: 1}\n"
                               "---\n"
                               "kind: Narrow\n"
                               "spec: {a: 1}\n"
                               "---\n"
                               "kind: Wide\n"
                               "spec: [a, {b: ]\n";
    struct arena a;
    struct doc_reader r;
    struct doc_root root;
    struct err e = {0};
    arena_init(&a);
    doc_reader_init(&r, STR("t.yaml"), str_of(text));
    r.unwanted = no_spec;
    assert_int_equal(doc_read(&r, &a, &root, &e), 1);
    const struct doc *spec = doc_get(root.root, "spec"), *after = doc_get(root.root, "after");
    assert_int_equal(spec->type, DOC_MAP);
    assert_null(spec->child);
    assert_int_equal(after->type, DOC_NULL);
    assert_int_equal(doc_int(doc_get(root.root, "end"), "e", 0), 1);
    assert_int_equal(root.duplicate_count, 0);
    assert_int_equal(doc_read(&r, &a, &root, &e), 1);
    assert_int_equal(doc_int(doc_get(root.root, "spec"), "a", 0), 1);
    assert_int_equal(doc_read(&r, &a, &root, &e), -EINVAL);
    assert_string_equal(e.where, "t.yaml:10:15");
    doc_reader_done(&r);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unwanted),       cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_types),          cmocka_unit_test(test_positions),
        cmocka_unit_test(test_stream),         cmocka_unit_test(test_source),
        cmocka_unit_test(test_duplicates),     cmocka_unit_test(test_merge),
        cmocka_unit_test(test_refusals),       cmocka_unit_test(test_templates),
        cmocka_unit_test(test_depth),          cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_tag_directives), cmocka_unit_test(test_utf16),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
