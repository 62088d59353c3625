/* SPDX-License-Identifier: Apache-2.0
 *
 * Unified diffs. That patch and git apply take them is tested by tests/fix/run.py.
 */
#include "base/test.h"

#include "base/diff.h"

static const struct {
    const char *name, *old, *new, *diff;
} cases[] = {
    {"a", "1\n2\n", "1\n2\n", ""},
    {"a", "1\n2\n3\n", "1\nx\n3\n", "--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n"},
    {"/d/a b", "1\n", "1\n2\n", "--- a/d/a b\t\n+++ b/d/a b\t\n@@ -1 +1,2 @@\n 1\n+2\n"},
    {"\x1b\"", NULL, "1\n", "--- /dev/null\n+++ \"b/\\033\\\"\"\n@@ -0,0 +1 @@\n+1\n"},
    {"a", "1\n", "", "--- a/a\n+++ b/a\n@@ -1 +0,0 @@\n-1\n"},
    {"a", "1", "1\n2",
     "--- a/a\n+++ b/a\n@@ -1 +1,2 @@\n-1\n\\ No newline at end of file\n+1\n+2\n"
     "\\ No newline at end of file\n"},
    {"a", "1\r\n2\r\n", "1\r\n3\r\n2\r\n", "--- a/a\n+++ b/a\n@@ -1,2 +1,3 @@\n 1\r\n+3\r\n 2\r\n"},
    {"a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n",
     "x\n2\n3\n4\n5\n6\n7\n9\n10\n11\n12\n13\n14\n15\n16\n16.5\n",
     "--- a/a\n+++ b/a\n@@ -1,11 +1,10 @@\n-1\n+x\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n 9\n 10\n 11\n"
     "@@ -14,3 +13,4 @@\n 14\n 15\n 16\n+16.5\n"},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct diff d = {.name = str_of(cases[i].name), .old = str_of(cases[i].old)};
        struct buf b;
        d.new = str_of(cases[i].new);
        buf_init(&b, 100000);
        diff_add(&b, &d);
        buf_add_char(&b, '\0');
        assert_string_equal(b.p, cases[i].diff);
        buf_done(&b);
    }
}

static void test_terminal(void **state)
{
    (void)state;
    struct diff d = {STR("a"), STR("1\r\n"), STR("\x1b[2J\r\n"), true};
    struct buf b;
    buf_init(&b, 100000);
    diff_add(&b, &d);
    buf_add_char(&b, '\0');
    assert_string_equal(b.p, "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n+\\x1b[2J\n");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases),
                                       cmocka_unit_test(test_terminal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
