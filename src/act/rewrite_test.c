/* SPDX-License-Identifier: Apache-2.0
 *
 * Several edits in one text: those that stand the proof are made, the others say why not.
 */
#include "base/test.h"

#include "act/rewrite.h"

struct row {
    const char *text;
    struct {
        size_t object; /* the n-th with a kind, in the order of the text */
        enum edit_op op;
        const char *path, *value;
        const char *reason; /* part of it; NULL = done */
    } edits[4];
    const char *result;
};

enum { MOST = 8 };

/* Objects at the spans of documents and items, as decoding makes them. */
static size_t find_objects(struct str text, struct arena *a, struct object *ret)
{
    struct doc_reader r;
    struct doc_root root = {0};
    struct err e = {0};
    size_t n = 0;
    doc_reader_init(&r, STR("test.yaml"), text);
    while (doc_read(&r, a, &root, &e) > 0) {
        const struct doc *items = doc_get(root.root, "items");
        const struct doc *i = items ? items->child : root.root;
        for (; i && n < MOST; i = items ? i->next : NULL)
            ret[n++] = (struct object){.start = i->start, .end = i->end};
        root = (struct doc_root){0};
    }
    doc_reader_done(&r);
    return n;
}

static void run(struct arena *a, const struct row *row)
{
    struct object objects[MOST];
    struct edit edits[4];
    struct rewrite_group groups[4] = {0};
    struct rewrite r = {STR("test.yaml"), str_of(row->text), groups, 0, STR_NONE};
    size_t count = find_objects(r.text, a, objects);
    for (; r.count < 4 && row->edits[r.count].value; r.count++) {
        size_t n = r.count;
        assert_true(row->edits[n].object < count);
        edits[n] = (struct edit){&objects[row->edits[n].object], row->edits[n].op,
                                 str_of(row->edits[n].path), str_of(row->edits[n].value)};
        groups[n] = (struct rewrite_group){.edits = &edits[n], .count = 1};
    }
    rewrite_text(&r, a);
    assert_string_equal(arena_str(a, r.result).p, row->result);
    for (size_t n = 0; n < r.count; n++) {
        assert_int_equal(groups[n].done, row->edits[n].reason == NULL);
        if (row->edits[n].reason && str_find(groups[n].reason, row->edits[n].reason) < 0)
            fail_msg("\"%s\" lacks \"%s\"", groups[n].reason.p, row->edits[n].reason);
    }
}

#define LIST "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": ["

static const struct row rows[] = {
    /* what one edit makes the next one uses */
    {"a: 1\n",
     {{0, EDIT_SET, "r.x", "1", NULL}, {0, EDIT_SET, "r.z", "2", NULL}},
     "a: 1\nr:\n  x: 1\n  z: 2\n"},
    /* several documents, an added one, and no line break at the end */
    {"a: 1\n---\nb: 1",
     {{1, EDIT_SET, "b", "2", NULL},
      {0, EDIT_ADD, "", "{\"c\":1}", NULL},
      {1, EDIT_ADD, "", "{\"d\":{\"e\":1}}", NULL}},
     "a: 1\n---\nc: 1\n---\nb: 2\n---\nd:\n  e: 1"},
    {"a: 1\r\n...\r\n---\r\nb: 1\r\n",
     {{0, EDIT_ADD, "", "{\"c\":1}", NULL}, {1, EDIT_ADD, "", "{\"d\":1}", NULL}},
     "a: 1\r\n...\r\n---\r\nc: 1\r\n---\r\nb: 1\r\n---\r\nd: 1\r\n"},
    /* Lists, in block, flow and JSON */
    {"kind: List\nitems:\n- a: 1\n- a: 2\n  # of 2\n# end\n",
     {{0, EDIT_ADD, "", "{\"c\":[1]}", NULL}, {1, EDIT_SET, "b", "3", NULL}},
     "kind: List\nitems:\n- a: 1\n- a: 2\n  b: 3\n  # of 2\n- c:\n  - 1\n# end\n"},
    {"{\"kind\":\"List\",\"items\":[{\"a\":1}]}",
     {{0, EDIT_ADD, "", "{\"c\":1}", NULL}, {0, EDIT_SET, "b", "3", NULL}},
     "{\"kind\":\"List\",\"items\":[{\"a\":1, \"b\": 3}, {\"c\": 1}]}"},
    {"{\"kind\": \"List\",\n \"items\": [\n  {\n   \"a\": 1\n  }\n ]}",
     {{0, EDIT_ADD, "", "{\"c\":1}", NULL}},
     "{\"kind\": \"List\",\n \"items\": [\n  {\n   \"a\": 1\n  },\n  {\n   \"c\": 1\n  }\n ]}"},
    /* JSON: a file with one object becomes a List of two, a stream goes on */
    {"{\"a\": 1}\n",
     {{0, EDIT_ADD, "", "{\"c\":1}", NULL}, {0, EDIT_SET, "b", "2", NULL}},
     LIST "{\"a\": 1, \"b\": 2}, {\"c\": 1}]}\n"},
    {"\xef\xbb\xbf{\r\n  \"a\": {\"b\": 1}\r\n}",
     {{0, EDIT_ADD, "", "{\"c\":1}", NULL}, {0, EDIT_ADD, "", "{\"d\":1}", NULL}},
     "\xef\xbb\xbf" LIST "\r\n{\r\n  \"a\": {\"b\": 1}\r\n},\r\n{\r\n  \"c\": 1\r\n},\r\n"
     "{\r\n  \"d\": 1\r\n}\r\n]}"},
    {"--- # x\n{\"a\": 1} # y\n",
     {{0, EDIT_ADD, "", "{\"c\":1}", NULL}},
     "--- # x\n{\"a\": 1} # y\n---\nc: 1\n"},
    {"# x\n{\"a\": 1} # y\n",
     {{0, EDIT_ADD, "", "{\"c\":1}", NULL}},
     "# x\n" LIST "{\"a\": 1}, {\"c\": 1}]} # y\n"},
    {"---\n{\"a\": 1}\n---\n{\"a\": 2}\n",
     {{0, EDIT_ADD, "", "{\"c\":1}", NULL}},
     "---\n{\"a\": 1}\n---\nc: 1\n---\n{\"a\": 2}\n"},
    {"{\"a\": 1}\n{\"a\": 2}\n",
     {{0, EDIT_ADD, "", "{\"c\":1}", NULL}, {1, EDIT_SET, "b", "1", NULL}},
     "{\"a\": 1}\n{\n  \"c\": 1\n}\n{\"a\": 2, \"b\": 1}\n"},
    /* what others use through an anchor is not touched; the rest is done */
    {"a: &x\n  b: 1\nc: *x\nd: {}\n",
     {{0, EDIT_SET, "a.b", "2", "also stand for c.b"},
      {0, EDIT_SET, "d.e", "2", NULL},
      {0, EDIT_SET, "c.b", "2", "alias"}},
     "a: &x\n  b: 1\nc: *x\nd: {e: 2}\n"},
    {"a: &x 1\nc: *x\n", {{0, EDIT_SET, "a", "2", "also stand for c"}}, "a: &x 1\nc: *x\n"},
    {"a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n",
     {{0, EDIT_SET, "a.b", "2", "also stand for c.b"}, {0, EDIT_SET, "c.e", "1", NULL}},
     "a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n  e: 1\n"},
    /* a complex key cannot be continued, but nothing breaks */
    {"? a\n: 1\n", {{0, EDIT_SET, "b", "2", "layout"}}, "? a\n: 1\n"},
    /* Helm's output, text that cannot be read, UTF-16 */
    {"---\n# Source: shop/templates/a.yaml\na: 1\n",
     {{0, EDIT_SET, "b", "2", "Helm"}},
     "---\n# Source: shop/templates/a.yaml\na: 1\n"},
    {"# Source: https://example.com/a.yaml\na: 1\n",
     {{0, EDIT_SET, "b", "2", NULL}},
     "# Source: https://example.com/a.yaml\na: 1\nb: 2\n"},
    {"a: 1\n---\nb: [\n", {{0, EDIT_SET, "b", "2", "cannot be read"}}, "a: 1\n---\nb: [\n"},
};

static void test_rows(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        run(&a, &rows[i]);
    arena_done(&a);
}

/* Objects that are not to be edited. */
static void test_refused(void **state)
{
    (void)state;
    static const struct {
        struct object o;
        const char *reason;
    } cases[] = {
        {{.start = 0, .end = 4, .uid = {"1", 1}}, "recording"},
        {{.start = 0, .end = 0}, "larger"},
        {{.start = 0, .end = 9}, "changed"},
    };
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct edit edit = {&cases[i].o, EDIT_SET, STR("b"), STR("2")};
        struct rewrite_group g = {.edits = &edit, .count = 1};
        struct rewrite r = {STR("test.yaml"), STR("a: 1\n"), &g, 1, STR_NONE};
        rewrite_text(&r, &a);
        assert_false(g.done);
        assert_true(str_eq(r.result, r.text));
        assert_true(str_find(g.reason, cases[i].reason) >= 0);
    }
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
