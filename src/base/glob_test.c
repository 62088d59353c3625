/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns of paths and names: a table of what matches and what does not.
 */
#include "base/glob.h"
#include "base/test.h"

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *name;
        bool matches;
    } rows[] = {
        {"prod", "prod", true},
        {"prod", "prod-eu", false},
        {"prod-*", "prod-eu", true},
        {"prod-*", "prod-", true},
        {"*-eu", "prod-eu", true},
        {"*-eu", "prod-us", false},
        {"p*d-?u", "prod-eu", true},
        {"*", "", true},
        {"?", "", false},
        {"a*b*c", "aXbYbZc", true},
        {"a*b*c", "aXbYbZ", false},
        {"", "", true},
        {"", "x", false},
        {"**", "x", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (glob_name(str_of(rows[i].pattern), str_of(rows[i].name)) != rows[i].matches)
            fail_msg("\"%s\" and \"%s\"", rows[i].pattern, rows[i].name);
}

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool matches;
    } rows[] = {
        {"vendor", "vendor/a.yaml", true},
        {"vendor/", "vendor/a.yaml", true},
        {"vendor", "apps/vendor/a.yaml", true},
        {"vendor", "vendored/a.yaml", false},
        {"*.json", "apps/a.json", true},
        {"*.json", "apps/a.yaml", false},
        {"apps/*.yaml", "apps/a.yaml", true},
        {"apps/*.yaml", "apps/x/a.yaml", false},
        {"apps/*/", "apps/x/a.yaml", true},
        {"apps/x", "apps/x/y/a.yaml", true},
        {"apps/x", "charts/apps/x/a.yaml", false},
        {"apps/x/y/z", "apps/x", false},
        {"**/apps/x", "charts/apps/x/a.yaml", true},
        {"**/apps/x", "apps/x/a.yaml", true},
        {"charts/**/templates", "charts/templates/a.yaml", true},
        {"charts/**/templates", "charts/a/b/templates/a.yaml", true},
        {"charts/**/templates", "charts/a/b/values.yaml", false},
        {"charts/**/templates/*.yaml", "charts/a/templates/b/templates/c.yaml", true},
        {"charts/**", "charts/a.yaml", true},
        {"charts/**", "other/a.yaml", false},
        {"./charts", "charts/a.yaml", true},
        {"charts/a", "./charts/a/b.yaml", true},
        {"/srv/x", "/srv/x/a.yaml", true},
        {"**/x", "/srv/x/a.yaml", true},
        {"", "a.yaml", false},
        {"a/**/b/**/c", "a/1/b/2/b/3/c", true},
        {"a/**/b/**/d", "a/1/b/2/b/3/c", false},
        {"/", "a/b", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (glob_path(str_of(rows[i].pattern), str_of(rows[i].path)) != rows[i].matches)
            fail_msg("\"%s\" and \"%s\"", rows[i].pattern, rows[i].path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
