/* SPDX-License-Identifier: Apache-2.0
 *
 * Logarithm, exponential, the normal quantile and Wilson's interval.
 */
#include "base/statistics.h"

#include <math.h>

/* ln 2 as two numbers: the first has 20 bits to spare, so that k times it is exact. */
static const double ln2_high = 0.693147180369123816490, ln2_low = 1.90821492927058770002e-10;

double portable_log(double x)
{
    int k;
    double m = frexp(x, &k);
    if (m < 0.70710678118654752440) {
        m *= 2;
        k--;
    }
    /* ln m = 2 artanh((m - 1) / (m + 1)), the series' quotient below 0.172 */
    double s = (m - 1) / (m + 1), s2 = s * s, sum = 0;
    for (int i = 23; i >= 3; i -= 2)
        sum = (sum + 1.0 / i) * s2;
    return k * ln2_high + (k * ln2_low + 2 * s * sum + 2 * s);
}

double portable_exp(double x)
{
    double k = floor(x / 0.693147180559945309417 + 0.5), sum = 1;
    if (k < -1080 || k > 1030)
        return k < 0 ? 0 : HUGE_VAL;
    double r = (x - k * ln2_high) - k * ln2_low;
    for (int i = 15; i >= 1; i--)
        sum = 1 + r / i * sum;
    return ldexp(sum, (int)k);
}

double square_root(double x)
{
    return sqrt(x);
}

static double polynomial(const double *c, double x)
{
    double sum = c[7];
    for (int i = 6; i >= 0; i--)
        sum = sum * x + c[i];
    return sum;
}

double normal_quantile(double p)
{
    /* Wichura, "Algorithm AS 241", Applied Statistics 37 (1988) */
    static const double a[] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                               1.9715909503065514427e3, 1.3731693765509461125e4,
                               4.5921953931549871457e4, 6.7265770927008700853e4,
                               3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[] = {1.0,
                               4.2313330701600911252e1,
                               6.8718700749205790830e2,
                               5.3941960214247511077e3,
                               2.1213794301586595867e4,
                               3.9307895800092710610e4,
                               2.8729085735721942674e4,
                               5.2264952788528545610e3};
    static const double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                               5.76949722146069140550e0,  3.64784832476320460504e0,
                               1.27045825245236838258e0,  2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1.0,
                               2.05319162663775882187e0,
                               1.67638483018380384940e0,
                               6.89767334985100004550e-1,
                               1.48103976427480074590e-1,
                               1.51986665636164571966e-2,
                               5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
    static const double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                               1.78482653991729133580e0,  2.96560571828504891230e-1,
                               2.65321895265761230930e-2, 1.24266094738807843860e-3,
                               2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1.0,
                               5.99832206555887937690e-1,
                               1.36929880922735805310e-1,
                               1.48753612908506148525e-2,
                               7.86869131145613259100e-4,
                               1.84631831751005468180e-5,
                               1.42151175831644588870e-7,
                               2.04426310338993978564e-15};
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * polynomial(a, r) / polynomial(b, r);
    }
    double r = sqrt(-portable_log(q < 0 ? p : 1 - p));
    double x = r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6)
                      : polynomial(e, r - 5) / polynomial(f, r - 5);
    return q < 0 ? -x : x;
}

struct interval wilson_interval_of(double share, uint64_t count)
{
    if (count == 0)
        return (struct interval){0, 1};
    double n = (double)count, z2 = NORMAL_95 * NORMAL_95;
    double middle = share + z2 / (2 * n), scale = 1 + z2 / n;
    double half = NORMAL_95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n));
    return (struct interval){MAX((middle - half) / scale, 0.0), MIN((middle + half) / scale, 1.0)};
}

struct interval wilson_interval(uint64_t hits, uint64_t count)
{
    struct interval i = wilson_interval_of(count ? (double)hits / (double)count : 0, count);
    /* Rounding must not exclude what was seen. */
    if (hits == 0)
        i.low = 0;
    if (hits == count)
        i.high = 1;
    return i;
}
