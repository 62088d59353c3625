/* SPDX-License-Identifier: Apache-2.0
 *
 * Types YAML scalars as go.yaml.in/yaml/v2 resolve.go does and writes numbers as Go's encoding/json
 * writes them. Numbers of more than DOC_MAX_NUMBER characters stay strings (there they would not).
 */
#include "base/yaml_scalar.h"

#include <float.h>
#include <math.h>

#include "base/base64.h"

static const struct word {
    const char *word;
    enum doc_type type;
    const char *text;
} words[] = {
    {"y", DOC_BOOL, "true"},       {"Y", DOC_BOOL, "true"},       {"yes", DOC_BOOL, "true"},
    {"Yes", DOC_BOOL, "true"},     {"YES", DOC_BOOL, "true"},     {"true", DOC_BOOL, "true"},
    {"True", DOC_BOOL, "true"},    {"TRUE", DOC_BOOL, "true"},    {"on", DOC_BOOL, "true"},
    {"On", DOC_BOOL, "true"},      {"ON", DOC_BOOL, "true"},      {"n", DOC_BOOL, "false"},
    {"N", DOC_BOOL, "false"},      {"no", DOC_BOOL, "false"},     {"No", DOC_BOOL, "false"},
    {"NO", DOC_BOOL, "false"},     {"false", DOC_BOOL, "false"},  {"False", DOC_BOOL, "false"},
    {"FALSE", DOC_BOOL, "false"},  {"off", DOC_BOOL, "false"},    {"Off", DOC_BOOL, "false"},
    {"OFF", DOC_BOOL, "false"},    {"~", DOC_NULL, NULL},         {"null", DOC_NULL, NULL},
    {"Null", DOC_NULL, NULL},      {"NULL", DOC_NULL, NULL},      {".nan", DOC_FLOAT, ".nan"},
    {".NaN", DOC_FLOAT, ".nan"},   {".NAN", DOC_FLOAT, ".nan"},   {".inf", DOC_FLOAT, ".inf"},
    {".Inf", DOC_FLOAT, ".inf"},   {".INF", DOC_FLOAT, ".inf"},   {"+.inf", DOC_FLOAT, ".inf"},
    {"+.Inf", DOC_FLOAT, ".inf"},  {"+.INF", DOC_FLOAT, ".inf"},  {"-.inf", DOC_FLOAT, "-.inf"},
    {"-.Inf", DOC_FLOAT, "-.inf"}, {"-.INF", DOC_FLOAT, "-.inf"},
};

enum { LONGEST_WORD = 5 };

static bool resolve_word(struct str s, struct doc *n)
{
    if (s.n > LONGEST_WORD)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (words[i].word[0] == s.p[0] && str_is(s, words[i].word)) {
            n->type = words[i].type;
            n->text = str_of(words[i].text);
            return true;
        }
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static unsigned digit_value(char c)
{
    return is_digit(c)
               ? (unsigned)(c - '0')
               : ((c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (unsigned)((c | 0x20) - 'a' + 10) : 99U);
}

/* The base that Go's strconv finds in front of a number without sign, and its digits. */
static unsigned cut_base(struct str *s)
{
    if (s->n == 0 || s->p[0] != '0')
        return 10;
    char mark = s->n >= 3 ? (char)(s->p[1] | 0x20) : '0';
    unsigned base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
    *s = str_sub(*s, base ? 2 : 1, s->n);
    return base ? base : 8;
}

static bool parse_digits(struct str digits, unsigned base, uint64_t *ret)
{
    uint64_t v = 0;
    for (size_t i = 0; i < digits.n; i++) {
        unsigned d = digit_value(digits.p[i]);
        if (d >= base || __builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, d, &v))
            return false;
    }
    *ret = v;
    return true;
}

static bool parse_integer(struct str s, bool *negative, uint64_t *ret)
{
    bool sign = s.n && (s.p[0] == '-' || s.p[0] == '+');
    *negative = sign && s.p[0] == '-';
    struct str digits = str_sub(s, sign ? 1 : 0, s.n);
    if (!digits.n)
        return false;
    unsigned base = cut_base(&digits);
    /* resolve.go lets "0b" be followed by a sign of its own. */
    if (base == 2 && !sign && (digits.p[0] == '-' || digits.p[0] == '+')) {
        sign = true;
        *negative = digits.p[0] == '-';
        digits = str_sub(digits, 1, digits.n);
        if (!digits.n)
            return false;
    }
    if (!parse_digits(digits, base, ret))
        return false;
    uint64_t most = *negative ? UINT64_C(1) << 63 : sign ? INT64_MAX : UINT64_MAX;
    return *ret <= most;
}

/* A decimal number as 0.DIGITS x 10^point. More digits than a double needs to be rounded rightly
 * are cut, and a last 1 stands for what was cut. */
struct decimal {
    bool negative;
    char digits[48];
    int count;
    int point;
};

static void add_digit(struct decimal *d, char c)
{
    enum { KEPT = 40 };
    if (d->count < KEPT)
        d->digits[d->count++] = c;
    else if (c != '0' && d->count == KEPT)
        d->digits[d->count++] = '1';
}

static bool parse_exponent(struct str s, int *ret)
{
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+');
    if (i == s.n)
        return false;
    int v = 0;
    for (; i < s.n; i++) {
        if (!is_digit(s.p[i]))
            return false;
        v = MIN(v * 10 + (s.p[i] - '0'), 100000);
    }
    *ret = s.p[0] == '-' ? -v : v;
    return true;
}

/* As resolve.go's yamlStyleFloat: [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool parse_decimal(struct str s, struct decimal *d)
{
    *d = (struct decimal){.negative = s.n && s.p[0] == '-'};
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+');
    size_t digits = 0;
    bool dot = false;
    for (; i < s.n && (is_digit(s.p[i]) || (s.p[i] == '.' && !dot)); i++) {
        if (s.p[i] == '.') {
            dot = true;
            continue;
        }
        digits++;
        if (d->count || s.p[i] != '0') {
            add_digit(d, s.p[i]);
            d->point += !dot;
        } else {
            d->point -= dot;
        }
    }
    if (!digits)
        return false;
    int exponent = 0;
    if (i < s.n) {
        if ((s.p[i] | 0x20) != 'e' || !parse_exponent(str_sub(s, i + 1, s.n), &exponent))
            return false;
    }
    d->point += exponent;
    while (d->count && d->digits[d->count - 1] == '0')
        d->count--;
    return true;
}

/* Rounds to a double and back to the fewest digits that give the same one. False: too large. */
static bool round_decimal(struct decimal *d)
{
    enum { EXACT = 15 }; /* any decimal of 15 digits survives a double */
    if (d->count <= EXACT && d->point > -290 && d->point < 290)
        return true;
    if (d->point < -400 || d->count == 0) {
        d->count = 0;
        return true;
    }
    char text[80];
    double v, back;
    snprintf(text, sizeof(text), "0.%.*se%d", d->count, d->digits, MIN(d->point, 1000));
    if (str_to_double(str_of(text), &v) || isinf(v))
        return false;
    for (int digits = fabs(v) < DBL_MIN ? 1 : EXACT; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*e", digits - 1, v);
        if (str_to_double(str_of(text), &back) == 0 && back == v)
            break;
    }
    bool negative = d->negative;
    if (!parse_decimal(str_of(text), d))
        return false;
    d->negative = negative;
    return true;
}

static void add(char *text, size_t cap, size_t *n, struct str s)
{
    size_t room = MIN(s.n, cap - *n);
    if (room)
        memcpy(text + *n, s.p, room);
    *n += room;
}

static void add_zeros(char *text, size_t cap, size_t *n, int count)
{
    for (int i = 0; i < count; i++)
        add(text, cap, n, STR("0"));
}

/* As Go's encoding/json writes a float64: plain from 1e-6 up to 1e21, else with an exponent. */
static void write_decimal(struct arena *a, const struct decimal *d, struct doc *n)
{
    char text[400];
    size_t len = 0, cap = sizeof(text);
    struct str digits = {d->digits, (size_t)d->count};
    if (d->negative)
        add(text, cap, &len, STR("-"));
    n->type = DOC_INT;
    if (d->count == 0) {
        add(text, cap, &len, STR("0"));
    } else if (d->point < -5 || d->point > 21) {
        char exponent[16];
        snprintf(exponent, sizeof(exponent), "e%+d", d->point - 1);
        add(text, cap, &len, str_sub(digits, 0, 1));
        if (digits.n > 1)
            add(text, cap, &len, STR("."));
        add(text, cap, &len, str_sub(digits, 1, digits.n));
        add(text, cap, &len, str_of(exponent));
        n->type = DOC_FLOAT;
    } else if (d->point >= d->count) {
        add(text, cap, &len, digits);
        add_zeros(text, cap, &len, d->point - d->count);
    } else {
        size_t whole = d->point > 0 ? (size_t)d->point : 0;
        add(text, cap, &len, whole ? str_sub(digits, 0, whole) : STR("0"));
        add(text, cap, &len, STR("."));
        add_zeros(text, cap, &len, -MIN(d->point, 0));
        add(text, cap, &len, str_sub(digits, whole, digits.n));
        n->type = DOC_FLOAT;
    }
    n->text = arena_str(a, (struct str){text, len});
}

static bool is_plain_integer(struct str s)
{
    size_t i = s.n && s.p[0] == '-';
    if (i == s.n || s.n - i > 18 || (s.p[i] == '0' && s.n > 1))
        return false;
    for (; i < s.n; i++)
        if (!is_digit(s.p[i]))
            return false;
    return true;
}

static struct str without_underscores(struct str s, char *buf)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '_')
            buf[n++] = s.p[i];
    return (struct str){buf, n};
}

static bool underscores_separate_digits(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '_' &&
            (i == 0 || i + 1 == s.n || !is_digit(s.p[i - 1]) || !is_digit(s.p[i + 1])))
            return false;
    return true;
}

/* *ret_float: Go has a float64 here, also where JSON shows no point. */
static bool resolve_odd_number(struct arena *a, struct str s, struct doc *n, bool *ret_float)
{
    char buf[DOC_MAX_NUMBER];
    if (s.n > sizeof(buf))
        return false;
    bool dot = s.p[0] == '.';
    if (dot && !underscores_separate_digits(s))
        return false;
    s = without_underscores(s, buf);
    bool negative;
    uint64_t v;
    struct decimal d;
    if (!dot && parse_integer(s, &negative, &v)) {
        n->type = DOC_INT;
        n->text = arena_printf(a, "%s%llu", negative && v ? "-" : "", (unsigned long long)v);
        return true;
    }
    if (!parse_decimal(s, &d) || !round_decimal(&d))
        return false;
    write_decimal(a, &d, n);
    *ret_float = true;
    return true;
}

static void resolve_number(struct arena *a, struct str s, struct doc *n, bool *ret_float)
{
    if (is_plain_integer(s)) {
        n->type = DOC_INT;
        n->text = s;
    } else {
        (void)resolve_odd_number(a, s, n, ret_float);
    }
}

/* Untagged, or with a tag that resolve.go resolves. */
static void resolve_plain(struct arena *a, struct str s, struct doc *n, bool *ret_float)
{
    *ret_float = false;
    n->type = DOC_STRING;
    n->text = s;
    if (!s.n) {
        n->type = DOC_NULL;
        n->text = STR_NONE;
        return;
    }
    switch (s.p[0]) {
    case 'y':
    case 'Y':
    case 'n':
    case 'N':
    case 't':
    case 'T':
    case 'f':
    case 'F':
    case 'o':
    case 'O':
    case '~':
        (void)resolve_word(s, n);
        break;
    case '.':
    case '+':
    case '-':
        if (resolve_word(s, n))
            break;
        resolve_number(a, s, n, ret_float);
        break;
    case '0' ... '9':
        resolve_number(a, s, n, ret_float);
        break;
    default:
        break;
    }
}

/* Go's encoding/json puts U+FFFD for each byte that is no UTF-8. */
static int resolve_binary(struct arena *a, struct str s, struct doc *n, const char **problem)
{
    n->type = DOC_STRING;
    n->quoted = true;
    if (base64_decode_text(a, s, &n->text) == 0)
        return 0;
    *problem = "a !!binary value that is no base64";
    return -EINVAL;
}

/* An integer under the tag !!float. Go refuses those that fit only uint64. */
static bool make_float(struct arena *a, struct doc *n, bool *is_float)
{
    int64_t v;
    struct decimal d;
    if (n->type == DOC_INT && !*is_float) {
        if (str_to_int64(n->text, &v) || !parse_decimal(n->text, &d) || !round_decimal(&d))
            return false;
        write_decimal(a, &d, n);
        *is_float = true;
    }
    return n->type == DOC_INT || n->type == DOC_FLOAT;
}

static int resolve_tagged(struct arena *a, struct yaml_scalar *s, struct doc *n,
                          const char **problem)
{
    static const char prefix[] = "tag:yaml.org,2002:";
    struct str tag = str_of(s->tag);
    bool known = str_starts(tag, prefix);
    struct str type = known ? str_sub(tag, sizeof(prefix) - 1, tag.n) : STR_NONE;
    if (str_is(type, "binary"))
        return resolve_binary(a, s->text, n, problem);
    bool number = str_is(type, "float");
    if (!number && !str_is(type, "int") && !str_is(type, "bool") && !str_is(type, "null")) {
        /* !!str, !!timestamp and every tag that the decoder does not know */
        n->type = DOC_STRING;
        n->quoted = true;
        n->text = s->text;
        return 0;
    }
    resolve_plain(a, s->text, n, &s->is_float);
    if (number                 ? make_float(a, n, &s->is_float)
        : str_is(type, "int")  ? n->type == DOC_INT && !s->is_float
        : str_is(type, "bool") ? n->type == DOC_BOOL
                               : n->type == DOC_NULL)
        return 0;
    *problem = "a value that does not fit its tag";
    return -EINVAL;
}

int yaml_scalar_resolve(struct arena *a, struct yaml_scalar *s, struct doc *n, const char **problem)
{
    if (s->tag)
        return resolve_tagged(a, s, n, problem);
    if (s->plain) {
        resolve_plain(a, s->text, n, &s->is_float);
        return 0;
    }
    n->type = DOC_STRING;
    n->quoted = true;
    n->text = s->text;
    return 0;
}

/* As strconv.FormatFloat(v, 'g', -1, 32). */
static struct str float_key(struct arena *a, float v)
{
    if (isinf(v))
        return v < 0 ? STR("-.inf") : STR(".inf");
    char text[40];
    double back;
    int digits = 1;
    for (; digits < 9; digits++) {
        snprintf(text, sizeof(text), "%.*e", digits - 1, (double)v);
        if (str_to_double(str_of(text), &back) == 0 && (float)back == v)
            break;
    }
    snprintf(text, sizeof(text), "%.*e", digits - 1, (double)v);
    int exponent = 0;
    ptrdiff_t e = str_find_char(str_of(text), 'e');
    if (e < 0 || !parse_exponent(str_of(text + e + 1), &exponent) || exponent < -4 || exponent >= 6)
        return arena_str(a, str_of(text));
    return arena_printf(a, "%.*f", MAX(digits - 1 - exponent, 0), (double)v);
}

int yaml_scalar_key(struct arena *a, const struct doc *n, bool is_float, struct str *ret)
{
    int64_t integer;
    double v;
    if (n->type == DOC_NULL || (n->type == DOC_INT && !is_float && str_to_int64(n->text, &integer)))
        return -EINVAL;
    *ret = n->text;
    if ((is_float || n->type == DOC_FLOAT) && str_to_double(n->text, &v) == 0)
        *ret = float_key(a, (float)v);
    return 0;
}
