/* SPDX-License-Identifier: Apache-2.0
 *
 * From cgroup paths back to pods and containers: both drivers, static pods, kind, a driver that
 * does not match, and what is no pod's.
 */
#include "model/cgroup.h"

#include "base/test.h"

#define ID   "46b3e0a4df44b752b841aecca454e6e78995d567912a84950390bae6f6777a63"
#define UID  "94eb36cd-29e1-478b-b365-4cb5dfc7d6fb"
#define UID_ "94eb36cd_29e1_478b_b365_4cb5dfc7d6fb"

static void test_owner(void **state)
{
    (void)state;
    static const struct {
        const char *path, *uid, *container, *runtime;
        int qos; /* -1 = not known */
        bool in_kubepods;
    } rows[] = {
        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_
         ".slice/cri-containerd-" ID ".scope",
         UID, ID, "containerd", QOS_BURSTABLE, true},
        {"/kubepods.slice/kubepods-pod" UID_ ".slice/crio-" ID ".scope", UID, ID, "cri-o",
         QOS_GUARANTEED, true},
        {"/kubepods/besteffort/pod" UID "/" ID, UID, ID, "containerd", QOS_BEST_EFFORT, true},
        {"/kubepods/pod" UID "/crio-" ID, UID, ID, "cri-o", QOS_GUARANTEED, true},
        {"/kubepods.slice/kubepods-burstable.slice/"
         "kubepods-burstable-pod0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f.slice",
         "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f", "", NULL, QOS_BURSTABLE, true},
        {"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_ ".slice", UID, "", NULL,
         QOS_GUARANTEED, true},
        {"/system.slice/containerd.service/kubepods-besteffort-pod" UID_
         ".slice:cri-containerd:" ID,
         UID, ID, "containerd", QOS_BEST_EFFORT, true},
        {"/kubepods.slice", "", "", NULL, -1, true},
        {"/kubepods/burstable", "", "", NULL, QOS_BURSTABLE, true},
        {"/system.slice/kubelet.service", "", "", NULL, -1, false},
        {"/", "", "", NULL, -1, false},
        {"", "", "", NULL, -1, false},
    };
    struct arena a;
    arena_init(&a);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cgroup_owner o;
        cgroup_owner_of(&a, str_of(rows[i].path), &o);
        assert_true(str_is(o.pod_uid, rows[i].uid));
        assert_true(str_is(o.container_id, rows[i].container));
        assert_int_equal(o.in_kubepods, rows[i].in_kubepods);
        assert_int_equal(o.qos_known ? (int)o.qos : -1, rows[i].qos);
        assert_int_equal(o.runtime == NULL, rows[i].runtime == NULL);
        if (o.runtime)
            assert_string_equal(o.runtime, rows[i].runtime);
    }
    arena_done(&a);
}

/* A pod's name, written by either driver, is read back as what it was. */
static void test_names(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct str parts[] = {STR("kubepods")};
    struct str_list root = {parts, 1, 1}, name, back;
    struct str uid;
    for (enum qos q = QOS_BEST_EFFORT; q <= QOS_GUARANTEED; q++) {
        pod_cgroup_name(&a, &root, q, STR(UID), &name);
        cgroup_parse_systemd(&a, cgroup_path_systemd(&a, &name), &back);
        assert_true(cgroup_is_pod(&root, &back, &uid));
        assert_true(str_is(uid, UID));
        cgroup_parse_cgroupfs(&a, cgroup_path_cgroupfs(&a, &name), &back);
        assert_true(cgroup_is_pod(&root, &back, &uid));
        assert_true(str_is(uid, UID));
        struct cgroup_owner o;
        cgroup_owner_of(&a, cgroup_path_systemd(&a, &name), &o);
        assert_int_equal(o.qos, q);
        assert_true(str_is(o.pod_uid, UID));
    }
    assert_true(str_is(cgroup_path_systemd(&a, &root), "/kubepods.slice"));
    arena_done(&a);
}

static void test_numbers(void **state)
{
    (void)state;
    assert_int_equal(cpu_shares_of_milli(0), 2);
    assert_int_equal(cpu_shares_of_milli(INT64_MAX), 262144);
    assert_int_equal(cpu_quota_of_milli(1, 100000), 1000);
    assert_int_equal(cpu_quota_of_milli(INT64_MAX, 100000), INT64_MAX);
    assert_int_equal(cpu_milli_of_quota(-1, 100000), 0);
    assert_int_equal(cpu_milli_of_quota(5000, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owner),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
