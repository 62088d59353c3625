/* SPDX-License-Identifier: Apache-2.0
 *
 * When a judgement fails: --fail-on and --strict.
 */
#include "cmd/check/check.h"

const char *const fail_on_words[] = {
    [FAIL_ON_ERROR] = "error",
    [FAIL_ON_WARNING] = "warning",
    [FAIL_ON_INFO] = "info",
    [FAIL_ON_NEVER] = "never",
    NULL,
};

int fail_on_severity(int fail_on)
{
    static const int severity[] = {
        [FAIL_ON_ERROR] = SEV_ERROR,
        [FAIL_ON_WARNING] = SEV_WARNING,
        [FAIL_ON_INFO] = SEV_INFO,
        [FAIL_ON_NEVER] = SEV_ERROR + 1,
    };
    return severity[fail_on];
}

int gate_exit(const struct judgement *j, int fail_on, bool strict)
{
    for (int s = fail_on_severity(fail_on); s <= SEV_ERROR; s++)
        if (j->by_severity[s] > 0)
            return EXIT_FINDINGS;
    return strict && (j->not_judged.count > 0 || j->patches > 0) ? EXIT_CLUSTER : EXIT_CLEAN;
}
