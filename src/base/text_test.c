/* SPDX-License-Identifier: Apache-2.0
 *
 * Text for people, and the JSON and YAML writer.
 */
#include "base/test.h"

#include "base/json_write.h"
#include "base/text.h"

static const char *clean(struct buf *b, struct str s)
{
    buf_clear(b);
    text_add_clean(b, s);
    return b->p;
}

static void test_clean(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    assert_string_equal(clean(&b, STR("plain")), "plain");
    assert_string_equal(clean(&b, STR("a\x1b[2Jb")), "a\\x1b[2Jb");
    assert_string_equal(clean(&b, STR("a\r\n\tb")), "a\\x0d\\n\\tb");
    assert_string_equal(clean(&b, STR("\xc2\x85")), "\\x85");
    assert_string_equal(clean(&b, STR("\xe2\x80\xae")), "\\u{202e}");
    assert_string_equal(clean(&b, STR("\xff\xc3")), "\\xff\\xc3");
    assert_string_equal(clean(&b, STR("\xc0\x80")), "\\xc0\\x80");
    assert_string_equal(clean(&b, STR("\xed\xa0\x80")), "\\xed\\xa0\\x80");
    assert_string_equal(clean(&b, STR("gr\xc3\xb6\xc3\x9f"
                                      "e \xf0\x9f\x9a\xa2")),
                        "gr\xc3\xb6\xc3\x9f"
                        "e \xf0\x9f\x9a\xa2");
    assert_string_equal(clean(&b, STR("nul\0!")), "nul\\x00!");
    buf_done(&b);
}

static const char *bytes(struct buf *b, int64_t v)
{
    buf_clear(b);
    text_add_bytes(b, v);
    return b->p;
}

static void test_amounts(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    assert_string_equal(bytes(&b, 0), "0");
    assert_string_equal(bytes(&b, 1023), "1023");
    assert_string_equal(bytes(&b, 2 * GIB), "2Gi");
    assert_string_equal(bytes(&b, 1536 * MIB), "1536Mi");
    assert_string_equal(bytes(&b, GIB + 1), "1.00Gi");
    assert_string_equal(bytes(&b, -512 * MIB), "-512Mi");
    assert_string_equal(bytes(&b, INT64_MAX), "8.00Ei");
    assert_string_equal(bytes(&b, INT64_MIN), "-8Ei");
    buf_clear(&b);
    text_add_milli(&b, 1500);
    text_add_milli(&b, 250);
    assert_string_equal(b.p, "1.5250m");
    buf_clear(&b);
    text_add_count(&b, -1234567);
    text_add_count(&b, 999);
    assert_string_equal(b.p, "-1,234,567999");
    buf_done(&b);
}

/* Every day of the years 0 to 9999 that timegm() knows too. */
static void test_every_day(void **state)
{
    (void)state;
    for (int64_t day = -719528; day <= 2932896; day += 13) {
        time_t t = (time_t)(day * 86400);
        struct tm tm;
        char text[32];
        int64_t ms;
        assert_non_null(gmtime_r(&t, &tm));
        int n = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                         tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        assert_int_equal(text_parse_time((struct str){text, (size_t)n}, &ms), 0);
        assert_int_equal(ms, (int64_t)t * 1000);
    }
}

static void test_times(void **state)
{
    (void)state;
    int64_t ms = 0;
    assert_int_equal(text_parse_time(STR("1970-01-01T00:00:01Z"), &ms), 0);
    assert_int_equal(ms, 1000);
    assert_int_equal(text_parse_time(STR("2026-11-21T14:00:00.25+01:00"), &ms), 0);
    struct buf b;
    buf_init(&b, 100);
    text_add_time(&b, ms);
    assert_string_equal(b.p, "2026-11-21T13:00:00Z");
    assert_int_equal(ms % 1000, 250);
    buf_done(&b);
    assert_int_equal(text_parse_time(STR("2026-11-21"), &ms), -EINVAL);
    assert_int_equal(text_parse_time(STR("2026-13-21T00:00:00Z"), &ms), -EINVAL);
    assert_int_equal(text_parse_time(STR("2026-11-21T00:00:00Zx"), &ms), -EINVAL);
    assert_int_equal(text_parse_duration(STR("1h5m0.5s"), &ms), 0);
    assert_int_equal(ms, 3900500);
    assert_int_equal(text_parse_duration(STR("5"), &ms), -EINVAL);
    assert_int_equal(text_parse_duration(STR("-1.5h"), &ms), 0);
    assert_int_equal(ms, -5400000);
}

static void write_sample(struct json_writer *w)
{
    json_map(w);
    json_add_cstr(w, "kind", "FindingList");
    json_key(w, "items");
    json_seq(w);
    json_map(w);
    json_add_int(w, "line", 3);
    json_add_str(w, "path", STR_NONE);
    json_key(w, "empty");
    json_seq(w);
    json_seq_end(w);
    json_map_end(w);
    json_str(w, STR("a\"\\\n\x01\xff"));
    json_double(w, 0.1);
    json_seq_end(w);
    json_add_bool(w, "no", true);
    json_map_end(w);
    json_writer_end(w);
}

static void test_json(void **state)
{
    (void)state;
    struct buf b;
    struct json_writer w;
    buf_init(&b, 10000);
    json_writer_init(&w, &b, JSON_COMPACT);
    write_sample(&w);
    assert_string_equal(b.p,
                        "{\"kind\":\"FindingList\",\"items\":[{\"line\":3,\"path\":null,"
                        "\"empty\":[]},\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\",0.1],\"no\":true}\n");
    buf_clear(&b);
    json_writer_init(&w, &b, JSON_INDENTED);
    write_sample(&w);
    assert_non_null(strstr(b.p, "\n  \"items\": [\n    {\n      \"line\": 3,"));
    buf_clear(&b);
    json_writer_init(&w, &b, JSON_AS_YAML);
    write_sample(&w);
    assert_string_equal(b.p, "kind: \"FindingList\"\nitems:\n  - line: 3\n    path: null\n"
                             "    empty: []\n  - \"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\"\n  - 0.1\n"
                             "\"no\": true\n");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day), cmocka_unit_test(test_clean),
        cmocka_unit_test(test_amounts),   cmocka_unit_test(test_times),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
