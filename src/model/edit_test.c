/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits of bytes: only what must change changes, and the result reads as intended.
 */
#include "base/test.h"

#include "base/alloc.h"
#include "model/edit.h"

static void read(struct arena *a, struct str text, struct doc_root *ret)
{
    struct doc_reader r;
    struct err e = {0};
    doc_reader_init(&r, STR("test.yaml"), text);
    assert_int_equal(doc_read(&r, a, ret, &e), 1);
    doc_reader_done(&r);
}

static struct str apply(struct arena *a, struct str text, struct splice *s)
{
    struct buf out;
    buf_init(&out, 100000);
    splices_apply(text, s, 1, &out);
    struct str after = arena_str(a, buf_str(&out));
    buf_done(&out);
    return after;
}

/* Whether the new text is worth what the edit makes of the tree, and a second edit changes nothing. */
static void prove(struct arena *a, const struct edit *edit, struct doc *expected, struct str after)
{
    struct doc_root again = {0};
    struct splice s;
    struct err e = {0};
    struct buf path CLEANUP(buf_done);
    buf_init(&path, 1000);
    read(a, after, &again);
    if (edit->op == EDIT_SET || again.root)
        assert_int_equal(edit_tree(edit, expected, a, &e), 0);
    if (!edit_same(expected, again.root, &path))
        fail_msg("%s differs at %.*s", after.p, (int)path.n, path.p);
    assert_int_equal(edit_splice(edit, again.root, after, a, &s, &e), 0);
}

/* Applies one edit to a one-document text; the new text, "same", or "error". */
static const char *edit(struct arena *a, const char *before, enum edit_op op, const char *path,
                        const char *value)
{
    struct doc_root root = {0};
    struct err e = {0};
    struct str text = str_of(before);
    struct edit edit = {.op = op, .path = str_of(path), .value = str_of(value)};
    struct splice s;
    read(a, text, &root);
    int got = edit_splice(&edit, root.root, text, a, &s, &e);
    if (got <= 0)
        return got < 0 ? "error" : "same";
    struct str after = apply(a, text, &s);
    prove(a, &edit, root.root, after);
    return after.p;
}

static const struct {
    const char *before;
    enum edit_op op;
    const char *path, *value, *after;
} cases[] = {
    {"a: 1 # one\nb: 2\n", EDIT_SET, "a", "3", "a: 3 # one\nb: 2\n"},
    {"a: 1\n", EDIT_SET, "a", "1", "same"},
    {"a: 1\n", EDIT_SET, "a", "\"1\"", "a: \"1\"\n"},
    {"a: 1 # one\n", EDIT_SET, "b.c", "2", "a: 1 # one\nb:\n  c: 2\n"},
    {"a: 1", EDIT_SET, "b", "2", "a: 1\nb: 2"},
    {"l:\n- name: x # first\n  image: y\n- name: z\n", EDIT_SET, "l[1].resources.limits.memory",
     "\"1Gi\"",
     "l:\n- name: x # first\n  image: y\n- name: z\n  resources:\n    limits:\n      memory: 1Gi\n"},
    {"l:\n  - name: x\n    env:\n      - name: A\n", EDIT_SET, "l[0].tty", "true",
     "l:\n  - name: x\n    env:\n      - name: A\n    tty: true\n"},
    {"a:\n  b:\n    - 1\nz: 0\n", EDIT_SET, "a.c", "5", "a:\n  b:\n    - 1\n  c: 5\nz: 0\n"},
    {"a: {b: 1}\n", EDIT_SET, "a.c.d", "2", "a: {b: 1, c: {d: 2}}\n"},
    {"a: {}\nb: 1\n", EDIT_SET, "a.c", "2", "a: {c: 2}\nb: 1\n"},
    {"a:\nb: 1\n", EDIT_SET, "a.c", "2", "a:\n  c: 2\nb: 1\n"},
    {"a: # why\n  # more\nb: 1\n", EDIT_SET, "a.c", "2", "a: # why\n  c: 2\n  # more\nb: 1\n"},
    {"a: ~\nb: 1\n", EDIT_SET, "a.c", "2", "a: {c: 2}\nb: 1\n"},
    {"a: # why\nb: 1\n", EDIT_SET, "a", "2", "a: 2 # why\nb: 1\n"},
    {"{\"a\": {\"b\": 1}}", EDIT_SET, "a.c", "2", "{\"a\": {\"b\": 1, \"c\": 2}}"},
    {"a: |\n  text\nb:\n  - 1\n", EDIT_SET, "c", "2", "a: |\n  text\nb:\n  - 1\nc: 2\n"},
    {"b:\n  - 1\na: |\n  text\n", EDIT_SET, "c", "2", "c: 2\nb:\n  - 1\na: |\n  text\n"},
    {"b: 1\na: |+\n  text\n\n", EDIT_SET, "c", "2", "b: 1\nc: 2\na: |+\n  text\n\n"},
    /* comments at the end of a block stay in it */
    {"a:\n  b: 1\n  # of a\n# of z\nz: 1\n", EDIT_SET, "a.c.d", "2",
     "a:\n  b: 1\n  c:\n    d: 2\n  # of a\n# of z\nz: 1\n"},
    {"a:\n  b:\n    x: 1\n    # of b\n  # of a\nz: 1\n", EDIT_SET, "a.c", "2",
     "a:\n  b:\n    x: 1\n    # of b\n  c: 2\n  # of a\nz: 1\n"},
    /* line breaks are those of the text, also where there is none at the end */
    {"a: 1\r\nb: 2", EDIT_SET, "c.d", "3", "a: 1\r\nb: 2\r\nc:\r\n  d: 3"},
    {"a: 1\r\nb: 2\r\nc: 3\r\n", EDIT_REMOVE, "b", "", "a: 1\r\nc: 3\r\n"},
    {"a: 1\r\nb: 2\r\n", EDIT_REMOVE, "b", "", "a: 1\r\n"},
    {"{\r\n\t\"a\": 1\r\n}\r\n", EDIT_SET, "b.c", "2",
     "{\r\n\t\"a\": 1,\r\n\t\"b\": {\r\n\t\t\"c\": 2\r\n\t}\r\n}\r\n"},
    {"{\n  \"a\": {\n    \"x\": []\n  }\n}\n", EDIT_SET, "a.s", "\"1\"",
     "{\n  \"a\": {\n    \"x\": [],\n    \"s\": \"1\"\n  }\n}\n"},
    {"{\"a\":{}}", EDIT_SET, "a.s", "\"on\"", "{\"a\":{\"s\": \"on\"}}"},
    {"a: {\n  b: 1, # one\n  c: 2 # two\n}\n", EDIT_SET, "a.d", "3",
     "a: {\n  d: 3,\n  b: 1, # one\n  c: 2 # two\n}\n"},
    {"a: {\n\tb: 1,\n\tc: 2,\n}\n", EDIT_SET, "a.d.e", "3",
     "a: {\n\tb: 1,\n\tc: 2,\n\td: {e: 3},\n}\n"},
    {"a: {b: }\n", EDIT_SET, "a.c", "1", "a: {c: 1, b: }\n"},
    {"\xef\xbb\xbf"
     "a: 1\nb: 2\n",
     EDIT_SET, "c", "3",
     "\xef\xbb\xbf"
     "a: 1\nb: 2\nc: 3\n"},
    {"---\n- a: 1\n  b: 2\n", EDIT_SET, "[0].c", "3", "---\n- a: 1\n  b: 2\n  c: 3\n"},
    /* values are quoted where they must be, or were */
    {"a: 1\n", EDIT_SET, "b", "\"yes\"", "a: 1\nb: \"yes\"\n"},
    {"a: 1\n", EDIT_SET, "b", "\"1e3\"", "a: 1\nb: \"1e3\"\n"},
    {"a: 1\n", EDIT_SET, "b", "\"5%\"", "a: 1\nb: 5%\n"},
    {"a: 'x'\n", EDIT_SET, "a", "\"y\"", "a: \"y\"\n"},
    {"a: 1\n", EDIT_SET, "b", "{\"c\":[{\"d\":1,\"e\":[]},2]}",
     "a: 1\nb:\n  c:\n  - d: 1\n    e: []\n  - 2\n"},
    {"a: {}\n", EDIT_SET, "a.b", "{\"c\":[{\"d\":1},2]}", "a: {b: {c: [{d: 1}, 2]}}\n"},
    /* keys that hold dots */
    {"a:\n  x.y: 1\n", EDIT_SET, "a[\"x.y\"]", "2", "a:\n  x.y: 2\n"},
    {"a:\n  x.y: 1\n", EDIT_SET, "a[\"x.z\"]", "2", "a:\n  x.y: 1\n  x.z: 2\n"},
    {"\"a:b\":\nc: 1\n", EDIT_SET, "a:b", "2", "\"a:b\": 2\nc: 1\n"},
    /* an anchor that nobody uses does not matter; what a merge key brought is not here */
    {"a: &x {b: 1}\n", EDIT_SET, "a.c", "2", "a: &x {b: 1, c: 2}\n"},
    {"a: &x\n  b: 1\n", EDIT_SET, "a.c", "2", "a: &x\n  b: 1\n  c: 2\n"},
    {"a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n", EDIT_SET, "c.e", "2",
     "a: &x {b: 1}\nc:\n  <<: *x\n  d: 1\n  e: 2\n"},
    {"a: &x {b: 1}\nc:\n  <<: *x\n", EDIT_SET, "c.e", "2", "error"},
    {"a: &x {b: 1}\nc:\n  <<: *x\n", EDIT_SET, "c.b", "2", "error"},
    {"gr\xc3\xb6\xc3\x9f"
     "e: 1 # \xc3\xbc\nb: 1\n",
     EDIT_SET, "b", "2",
     "gr\xc3\xb6\xc3\x9f"
     "e: 1 # \xc3\xbc\nb: 2\n"},
    {"a: 1\r\nb: 2\r\n", EDIT_SET, "b", "3", "a: 1\r\nb: 3\r\n"},
    {"a: 1\nb: 2\nc: 3\n", EDIT_REMOVE, "b", "", "a: 1\nc: 3\n"},
    {"a: 1\nb: 2\n", EDIT_REMOVE, "a", "", "b: 2\n"},
    {"a: {b: 1, c: 2}\n", EDIT_REMOVE, "a.b", "", "a: {c: 2}\n"},
    {"a: {b: 1, c: 2}\n", EDIT_REMOVE, "a.c", "", "a: {b: 1}\n"},
    {"a: {b: 1}\n", EDIT_REMOVE, "a.b", "", "a: {}\n"},
    {"a: 1\n", EDIT_REMOVE, "b", "", "same"},
    {"a: 1\n", EDIT_SET, "a.b", "1", "error"},
    {"l: []\n", EDIT_SET, "l[3].x", "1", "error"},
    {"x: &x {b: 1}\na: *x\n", EDIT_SET, "a.b", "2", "error"},
};

static void test_cases(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(edit(&a, cases[i].before, cases[i].op, cases[i].path, cases[i].value),
                            cases[i].after);
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
