/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits of bytes: only what must change changes, and the result reads as intended.
 */
#include "base/test.h"

#include "base/alloc.h"
#include "model/edit.h"

/* Applies one edit to a one-document text; the new text, "same", or "error". */
static const char *edit(struct arena *a, const char *before, enum edit_op op, const char *path,
                        const char *value)
{
    struct doc_reader r;
    struct doc_root root = {0};
    struct err e = {0};
    struct str text = str_of(before);
    doc_reader_init(&r, STR("test.yaml"), text);
    assert_int_equal(doc_read(&r, a, &root, &e), 1);
    struct edit edit = {.op = op, .path = str_of(path), .value = str_of(value)};
    struct splice s;
    int got = edit_splice(&edit, root.root, text, a, &s, &e);
    doc_reader_done(&r);
    if (got <= 0)
        return got < 0 ? "error" : "same";
    struct buf out;
    buf_init(&out, 100000);
    splices_apply(text, &s, 1, &out);
    struct str after = arena_str(a, buf_str(&out));
    buf_done(&out);

    struct doc_root again = {0};
    doc_reader_init(&r, STR("after.yaml"), after);
    assert_int_equal(doc_read(&r, a, &again, &e), 1);
    const struct doc *found;
    assert_int_equal(edit_walk(again.root, str_of(path), &found, NULL, NULL), 0);
    assert_int_equal(found != NULL, op == EDIT_SET);
    /* a second time there is nothing to do */
    assert_int_equal(edit_splice(&edit, again.root, after, a, &s, &e), 0);
    doc_reader_done(&r);
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
     "l:\n- name: x # first\n  image: y\n- name: z\n  resources:\n    limits:\n      memory: \"1Gi\"\n"},
    {"l:\n  - name: x\n    env:\n      - name: A\n", EDIT_SET, "l[0].tty", "true",
     "l:\n  - name: x\n    tty: true\n    env:\n      - name: A\n"},
    {"a:\n  b:\n    - 1\nz: 0\n", EDIT_SET, "a.c", "5", "a:\n  c: 5\n  b:\n    - 1\nz: 0\n"},
    {"a: {b: 1}\n", EDIT_SET, "a.c.d", "2", "a: {b: 1, c: {d: 2}}\n"},
    {"a: {}\nb: 1\n", EDIT_SET, "a.c", "2", "a: {c: 2}\nb: 1\n"},
    {"a:\nb: 1\n", EDIT_SET, "a.c", "2", "a: {c: 2}\nb: 1\n"},
    {"a: # why\nb: 1\n", EDIT_SET, "a", "2", "a: 2 # why\nb: 1\n"},
    {"{\"a\": {\"b\": 1}}", EDIT_SET, "a.c", "2", "{\"a\": {\"b\": 1, \"c\": 2}}"},
    {"a: |\n  text\nb:\n  - 1\n", EDIT_SET, "c", "2", "c: 2\na: |\n  text\nb:\n  - 1\n"},
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
