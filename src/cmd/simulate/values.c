/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of simulate's options: shares, factors, times.
 */
#include "base/text.h"
#include "cmd/simulate/simulate.h"
#include "model/quantity.h"

static int parse_number(struct str text, double scale, double most, void *ret, struct err *e)
{
    double x;
    int shown = (int)MIN(text.n, 40U);
    if (str_to_double(text, &x) < 0)
        return err_set(e, EINVAL, "\"%.*s\" is no number", shown, text.p ? text.p : "");
    if (x < 0 || x > most)
        return err_set(e, EINVAL, "%.*s is not between 0 and %g", shown, text.p, most);
    *(int64_t *)ret = (int64_t)(x * scale + 0.5);
    return 0;
}

int simulate_parse_share(struct str text, void *ret, struct err *e)
{
    if (str_ends(text, "%"))
        return parse_number(str_sub(text, 0, text.n - 1), FACTOR_ONE / 100.0, 100, ret, e);
    return parse_number(text, FACTOR_ONE, 1, ret, e);
}

int simulate_parse_factor(struct str text, void *ret, struct err *e)
{
    return parse_number(text, FACTOR_ONE, (double)FACTOR_MAX / FACTOR_ONE, ret, e);
}

int simulate_parse_rate(struct str text, void *ret, struct err *e)
{
    struct str amount = text;
    struct quantity q;
    int64_t divide = 0;
    if (str_ends(text, "/min")) {
        amount = str_sub(text, 0, text.n - 4);
        divide = 1;
    } else if (str_ends(text, "/h")) {
        amount = str_sub(text, 0, text.n - 2);
        divide = 60;
    }
    if (!divide || quantity_parse(amount, &q) < 0 || quantity_value(q) / divide <= 0)
        return err_set(e, EINVAL, "\"%.*s\" is no growth such as 20Mi/min or 1Gi/h",
                       (int)MIN(text.n, 40U), text.p ? text.p : "");
    *(int64_t *)ret = quantity_value(q) / divide;
    return 0;
}

int simulate_parse_time(struct str text, void *ret, struct err *e)
{
    int64_t ms;
    if (text_parse_duration(text, &ms) < 0)
        return err_set(e, EINVAL, "\"%.*s\" is no duration such as 90s, 5m or 6h",
                       (int)MIN(text.n, 40U), text.p ? text.p : "");
    if (ms < 0 || ms > INT64_C(7) * 24 * 3600 * 1000)
        return err_set(e, EINVAL, "%.*s is not between 0 and 168h", (int)MIN(text.n, 40U), text.p);
    *(int64_t *)ret = ms;
    return 0;
}

int simulate_parse_remedies(struct str text, void *ret, struct err *e)
{
    enum { MOST = 100 };
    int64_t n;
    if (str_to_int64(text, &n) < 0 || n < 0 || n > MOST)
        return err_set(e, EINVAL, "\"%.*s\" is no number from 0 to %d", (int)MIN(text.n, 40U),
                       text.p ? text.p : "", MOST);
    *(int64_t *)ret = n + 1;
    return 0;
}
