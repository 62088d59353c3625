/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading large lists: the same whatever the number of threads, faults with their place.
 */
#include "base/test.h"

#include <unistd.h>

#include "base/buf.h"
#include "source/source.h"

/* Few pods with much that is read over, so that the list is large and the test is not slow. */
enum { PODS = 6000, FILLER = 1300 };

static char path[] = "/tmp/plimsoll-test-XXXXXX";

static void write_file(const struct buf *b)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(b->p, 1, b->n, f), b->n);
    assert_int_equal(fclose(f), 0);
}

static void add_pods(struct buf *b, int broken)
{
    for (int i = 0; i < PODS; i++)
        buf_printf(b,
                   "%s{\"metadata\":{\"name\":\"p%d\",\"namespace\":\"shop\",\"uid\":\"u%d\","
                   "\"labels\":{\"app\":\"a%d\",\"a-long-label-so-that-it-is-shared\":\"%d\"},"
                   "\"managedFields\":[{\"items\":[1,2,\"]}%*d\"]}]},\n\"spec\":{\"containers\":[{"
                   "\"name\":\"main\",\"image\":\"i:%d\",\"resources\":{\"limits\":{\"memory\":"
                   "\"%dMi\"}},\"livenessProbe\":{\"tcpSocket\":{\"port\":%d%s}}}]}}",
                   i ? "," : "", i, i, i % 7, i % 7, FILLER, i, i % 7, 100 + i % 7, 8000 + i % 7,
                   i == broken ? "}" : "");
}

static int read_world(unsigned threads, struct arena *a, struct cluster *c)
{
    struct str name = str_of(path);
    struct source_options o = {.paths = &name, .path_count = 1, .threads = threads};
    struct err e = {0};
    return source_read(&o, a, c, &e);
}

static void check_pod(const struct pod *p, int i)
{
    char want[32];
    snprintf(want, sizeof(want), "p%d", i);
    assert_true(str_is(p->o.name, want));
    const struct container *k = &p->spec.containers.items[0];
    assert_int_equal(quantity_value(k->resources.limits.items[0].q), (100 + i % 7) * MIB);
    assert_int_equal(k->liveness->handler.port.i, 8000 + i % 7);
    snprintf(want, sizeof(want), "a%d", i % 7);
    assert_true(str_is(labels_get(&p->o.labels, "app"), want));
}

static void test_list_of_pods(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, SIZE_MAX / 2);
    buf_add_cstr(&b, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{},\n\"items\":[");
    add_pods(&b, -1);
    buf_add_cstr(&b, "]}\n");
    assert_true(b.n > (size_t)(8 * MIB));
    write_file(&b);
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        struct arena a;
        struct cluster c;
        arena_init(&a);
        assert_int_equal(read_world(threads, &a, &c), 0);
        assert_int_equal(c.problems.count, 0);
        assert_int_equal(c.documents, 1);
        assert_int_equal(c.pods.count, PODS);
        for (int i = 0; i < PODS; i++)
            check_pod(c.pods.items[i], i);
        /* what is the same is shared */
        if (threads == 1)
            assert_ptr_equal(c.pods.items[0]->spec.containers.items,
                             c.pods.items[7]->spec.containers.items);
        arena_done(&a);
    }
    buf_done(&b);
}

static void test_a_fault_has_its_line(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, SIZE_MAX / 2);
    buf_add_cstr(&b, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\n\"items\":[");
    add_pods(&b, 4000);
    buf_add_cstr(&b, "]}\n");
    write_file(&b);
    struct arena a;
    struct cluster c;
    arena_init(&a);
    assert_int_equal(read_world(2, &a, &c), 0);
    assert_true(source_unreadable(&c) >= 1);
    assert_int_equal(c.problems.items[0].at.line, 4003);
    arena_done(&a);
    buf_done(&b);
}

static void test_a_large_object_that_is_no_list(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, SIZE_MAX / 2);
    buf_add_cstr(&b,
                 "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"big\"},"
                 "\"data\":{\"x\":\"");
    for (int i = 0; i < 1000000; i++)
        buf_add_cstr(&b, "0123456789");
    buf_add_cstr(&b, "\"}}");
    write_file(&b);
    struct arena a;
    struct cluster c;
    arena_init(&a);
    assert_int_equal(read_world(2, &a, &c), 0);
    assert_int_equal(c.config_maps.count, 1);
    assert_int_equal(c.problems.count, 0);
    arena_done(&a);
    buf_done(&b);
}

int main(void)
{
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_of_pods),
        cmocka_unit_test(test_a_fault_has_its_line),
        cmocka_unit_test(test_a_large_object_that_is_no_list),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
