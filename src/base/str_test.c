/* SPDX-License-Identifier: Apache-2.0
 *
 * Views, buffers, arenas and the map.
 */
#include "base/test.h"

#include <limits.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"

static void test_compare(void **state)
{
    (void)state;
    assert_true(str_eq(STR("a"), STR("a")));
    assert_true(str_eq(STR_NONE, STR("")));
    assert_false(str_eq(STR("a"), STR("ab")));
    assert_true(str_cmp(STR("a"), STR("ab")) < 0);
    assert_true(str_cmp(STR("b"), STR("ab")) > 0);
    assert_true(str_starts(STR("cri-o"), "cri"));
    assert_false(str_starts(STR_NONE, "cri"));
    assert_true(str_ends(STR("a.yaml"), ".yaml"));
    assert_true(str_is_nocase(STR("TruE"), "true"));
    assert_int_equal(str_distance(STR("memroy"), STR("memory")), 2);
    assert_int_equal(str_distance(STR("abc"), STR("xyzuvw")), 4);
    static const char *const words[] = {"paths", "namespaces", NULL};
    assert_string_equal(str_nearest(STR("namespace"), words), "namespaces");
    assert_null(str_nearest(STR("colour"), words));
}

static void test_cut(void **state)
{
    (void)state;
    struct str rest;
    struct str head = str_cut(STR("apps/v1"), '/', &rest);
    assert_true(str_is(head, "apps") && str_is(rest, "v1"));
    head = str_cut(STR("v1"), '/', &rest);
    assert_true(str_is(head, "v1") && rest.p == NULL);
    head = str_cut(STR("v1/"), '/', &rest);
    assert_true(rest.p != NULL && rest.n == 0);
    assert_true(str_is(str_trim(STR(" \ta b\r\n")), "a b"));
    assert_true(str_is(str_sub(STR("abc"), 1, 99), "bc"));
}

static void test_numbers(void **state)
{
    (void)state;
    int64_t v = 7;
    double x = 0;
    assert_int_equal(str_to_int64(STR("-9223372036854775808"), &v), 0);
    assert_true(v == INT64_MIN);
    assert_int_equal(str_to_int64(STR("9223372036854775808"), &v), -ERANGE);
    assert_int_equal(str_to_int64(STR("+12"), &v), 0);
    assert_int_equal(v, 12);
    assert_int_equal(str_to_int64(STR(""), &v), -EINVAL);
    assert_int_equal(str_to_int64(STR("1 "), &v), -EINVAL);
    assert_int_equal(str_to_int64(STR("-"), &v), -EINVAL);
    assert_int_equal(str_to_double(STR("1.5e3"), &x), 0);
    assert_true(x > 1499.9 && x < 1500.1);
    assert_int_equal(str_to_double(STR("nan"), &x), -EINVAL);
    assert_int_equal(str_to_double(STR("1,5"), &x), -EINVAL);
    assert_int_equal(str_to_double(STR("1.5.2"), &x), -EINVAL);
}

static void test_buf_has_a_maximum(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    buf_printf(&b, "%d-%s", 12, "abc");
    assert_true(str_is(buf_str(&b), "12-abc"));
    buf_add_cstr(&b, "too long");
    assert_true(b.overflow);
    assert_true(str_is(buf_str(&b), "12-abc"));
    buf_add_char(&b, 'x');
    assert_true(str_is(buf_str(&b), "12-abc"));
    buf_clear(&b);
    buf_add_cstr(&b, "1234567890");
    assert_false(b.overflow);
    buf_done(&b);
}

static void test_arena(void **state)
{
    (void)state;
    struct arena a, other;
    arena_init(&a);
    arena_init(&other);
    for (size_t i = 1; i < 5000; i += 7) {
        char *text = arena_text(&a, i % 13);
        memset(text, 'x', i % 13);
        unsigned char *p = arena_alloc(&a, i);
        assert_int_equal((uintptr_t)p % 8, 0);
        for (size_t j = 0; j < i; j++)
            assert_int_equal(p[j], 0);
        memset(p, 0xff, i);
    }
    struct str kept = arena_str(&other, STR("kept"));
    arena_absorb(&a, &other);
    assert_null(other.head);
    assert_true(str_is(kept, "kept"));
    arena_done(&a);
    struct {
        int *items;
        size_t count, cap;
    } list = {0};
    for (int i = 0; i < 1000; i++)
        *PUSH(&a, &list) = i;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(list.items[i], i);
    arena_reset(&a);
    assert_true(str_is(arena_printf(&a, "%05d", 42), "00042"));
    arena_done(&a);
}

static void test_map(void **state)
{
    (void)state;
    struct arena a;
    struct map m;
    arena_init(&a);
    map_init(&m);
    assert_null(map_get(&m, STR("x")));
    for (int i = 0; i < 10000; i++)
        assert_null(map_put(&m, arena_printf(&a, "key-%d", i), arena_new(&a, int)));
    int *old = map_get(&m, STR("key-77"));
    int newer = 1;
    assert_ptr_equal(map_put(&m, STR("key-77"), &newer), old);
    assert_ptr_equal(map_get(&m, STR("key-77")), &newer);
    assert_int_equal(m.count, 10000);
    assert_null(map_get(&m, STR("key-10000")));
    map_done(&m);
    arena_done(&a);
}

static int allocate_three(void *arg)
{
    struct arena *a = arg;
    for (int i = 0; i < 3; i++)
        memset(arena_alloc(a, 100000), 1, 100000);
    return 5;
}

static void test_out_of_memory_unwinds(void **state)
{
    (void)state;
    struct arena a;
    for (uint64_t n = 1; n <= 4; n++) {
        arena_init(&a);
        mem_fail_at(n, false);
        int r = mem_protect(allocate_three, &a);
        mem_fail_at(0, false);
        assert_int_equal(r, n <= 3 ? -ENOMEM : 5);
        arena_done(&a);
    }
    arena_init(&a);
    mem_fail_at(2, true);
    assert_int_equal(mem_protect(allocate_three, &a), -ENOMEM);
    assert_int_equal(mem_protect(allocate_three, &a), -ENOMEM);
    mem_fail_at(0, false);
    arena_done(&a);
}

static void test_err(void **state)
{
    (void)state;
    struct err e = {0};
    assert_int_equal(err_at(&e, EINVAL, STR("a.yaml"), 3, 7, "bad %s", "indent"), -EINVAL);
    assert_string_equal(e.where, "a.yaml:3:7");
    assert_int_equal(err_wrap(&e, "reading %s", "world"), -EINVAL);
    assert_string_equal(e.msg, "reading world: bad indent");
    for (int i = 0; i < 100; i++)
        err_wrap(&e, "a long context that fills the message");
    assert_true(strlen(e.msg) < sizeof(e.msg));
    assert_int_equal(err_set(NULL, ENOENT, "nobody listens"), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_buf_has_a_maximum),
        cmocka_unit_test(test_arena),   cmocka_unit_test(test_map),
        cmocka_unit_test(test_err),     cmocka_unit_test(test_out_of_memory_unwinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
