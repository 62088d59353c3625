/* SPDX-License-Identifier: Apache-2.0
 *
 * Replacing files: mode and links stay, what changed meanwhile is not overwritten. Failing system
 * calls are tested by tests/faults.
 */
#include "base/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "act/file.h"

static void put(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void assert_holds(struct arena *a, const char *name, const char *text)
{
    struct act_file f;
    struct err e = {0};
    assert_int_equal(act_file_read(str_of(name), 1000, a, &f, &e), 0);
    assert_true(str_is(f.text, text));
}

static void test_files(void **state)
{
    (void)state;
    char folder[] = "act_file_test.XXXXXX";
    struct arena a;
    struct act_file f;
    struct err e = {0};
    struct stat st;
    arena_init(&a);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);

    put("a", "1\n");
    assert_int_equal(chmod("a", 0604), 0);
    assert_int_equal(symlink("a", "link"), 0);
    assert_int_equal(act_file_read(STR("link"), 1000, &a, &f, &e), 0);
    assert_int_equal(act_file_replace(&f, STR("22\n"), &e), 0);
    assert_holds(&a, "a", "22\n");
    assert_int_equal(lstat("link", &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat("a", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0604);

    /* changed since */
    put("a", "333\n");
    assert_int_equal(act_file_replace(&f, STR("4\n"), &e), -EBUSY);
    assert_holds(&a, "a", "333\n");

    /* refused */
    assert_int_equal(link("a", "hard"), 0);
    assert_int_equal(act_file_read(STR("a"), 1000, &a, &f, &e), -EPERM);
    assert_int_equal(unlink("hard"), 0);
    assert_int_equal(act_file_read(STR("a"), 3, &a, &f, &e), -EPERM);
    assert_true(act_file_read(STR("."), 1000, &a, &f, &e) < 0);
    assert_int_equal(act_file_read(STR("none"), 1000, &a, &f, &e), -ENOENT);

    assert_int_equal(act_file_create(STR("new"), STR("5\n"), &e), 0);
    assert_int_equal(act_file_create(STR("new"), STR("6\n"), &e), -EEXIST);
    assert_holds(&a, "new", "5\n");
    assert_int_equal(unlink("a") + unlink("link") + unlink("new"), 0);
    assert_int_equal(chdir(".."), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing is left behind */
    arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
