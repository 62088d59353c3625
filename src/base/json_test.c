/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON reader: what it accepts, positions, decoding, lists, and the same answers as jansson.
 */
#include "base/test.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/doc.h"

#ifdef HAVE_JANSSON
#include <jansson.h>
#endif

static int parse(struct arena *a, const char *text, struct doc_root *ret, struct err *e)
{
    return json_parse(STR("t.json"), str_of(text), a, ret, e);
}

static const char *const accepted[] = {
    "null",
    " true ",
    "false",
    "0",
    "-0",
    "-1",
    "12345678901234567890123",
    "1.5",
    "1e5",
    "1E+5",
    "1.5e-10",
    "\"\"",
    "\"a\\u0000b\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "[]",
    "[ ]",
    "{}",
    "{ }",
    "[1]",
    "[1,[2,{}],{\"a\":[]}]",
    "{\"a\":1,\"b\":{\"c\":null}}",
    "\r\n\t [1 , 2 ] \n",
    "\xef\xbb\xbf{}",
    "\"\xc3\xa4\"",
    "\"\xf4\x8f\xbf\xbf\"",
    "\"\x7f\"",
};
static const char *const refused[] = {
    "",
    " ",
    "nul",
    "nulll",
    "True",
    "01",
    "-",
    "+1",
    "1.",
    ".5",
    "1e",
    "1e+",
    "0x1",
    "--1",
    "1 2",
    "\"",
    "\"a",
    "\"\n\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\x01\"",
    "\"\xff\"",
    "\"\xc0\x80\"",
    "\"\xed\xa0\x80\"",
    "\"\xf4\x90\x80\x80\"",
    "\"\xe2\x82\"",
    "[",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[1 2]",
    "]",
    "{",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":1",
    "{\"a\":1,",
    "{\"a\":1,}",
    "{a:1}",
    "{1:1}",
    "{\"a\" 1}",
    "{\"a\":1 \"b\":2}",
    "[1}",
    "{\"a\":1]",
    "[] []",
    "'a'",
    "NaN",
    "Infinity",
    "/**/1",
    "\xef\xbb\xbf",
    "\"a\\",
};

static void test_accepts(void **state)
{
    (void)state;
    struct arena a CLEANUP(arena_done);
    arena_init(&a);
    struct doc_root root;
    struct err e;
    for (size_t i = 0; i < ARRAY_LEN(accepted); i++)
        if (parse(&a, accepted[i], &root, &e))
            fail_msg("refused %s: %s", accepted[i], e.msg);
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if (parse(&a, refused[i], &root, &e) != -EINVAL)
            fail_msg("accepted %s", refused[i]);
}

static void test_strings(void **state)
{
    static const struct {
        const char *json;
        struct str text;
    } cases[] = {
        {"\"a\\u0000b\"", STR("a\0b")},
        {"\"\\ud83d\\ude00!\"", STR("\xf0\x9f\x98\x80!")},
        {"\"\\ud83dx\"", STR("\xef\xbf\xbdx")},
        {"\"\\ude00\\ud83d\"", STR("\xef\xbf\xbd\xef\xbf\xbd")},
        {"\"\\u00e4\\u20ac\"", STR("\xc3\xa4\xe2\x82\xac")},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", STR("\"\\/\b\f\n\r\t")},
        {"\"a long string of plain text, \\u0041 and on it goes for more than 16\"",
         STR("a long string of plain text, A and on it goes for more than 16")},
        {"\"\"", STR("")},
    };
    (void)state;
    struct arena a CLEANUP(arena_done);
    arena_init(&a);
    struct doc_root root;
    struct err e;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(parse(&a, cases[i].json, &root, &e), 0);
        assert_int_equal(root.root->type, DOC_STRING);
        assert_true(root.root->quoted);
        assert_non_null(root.root->text.p);
        assert_true(str_eq(root.root->text, cases[i].text));
    }
}

static void test_positions(void **state)
{
    static const char text[] = "{\r\n  \"\xc3\xa4\": \"\xe2\x82\xac\", \"b\": [1,\n 22]\n}";
    (void)state;
    struct arena a CLEANUP(arena_done);
    arena_init(&a);
    struct doc_root root;
    struct err e;
    assert_int_equal(parse(&a, text, &root, &e), 0);
    const struct doc *first = root.root->child, *list = first->next;
    assert_int_equal(first->key_at.line, 2);
    assert_int_equal(first->key_at.column, 3);
    assert_int_equal(first->key_start, 5);
    assert_int_equal(first->at.column, 8);
    assert_int_equal(first->start, 11);
    assert_int_equal(first->end, 16);
    assert_int_equal(list->key_at.column, 13);
    assert_int_equal(list->count, 2);
    assert_int_equal(list->child->next->at.line, 3);
    assert_int_equal(list->child->next->at.column, 2);
    assert_int_equal(list->end, sizeof(text) - 1 - 2);
    assert_int_equal(root.root->end, sizeof(text) - 1);

    assert_int_equal(parse(&a, "{\"a\": 1,\n \"\xc3\xa4\": x}", &root, &e), -EINVAL);
    assert_string_equal(e.where, "t.json:2:7");
}

static void test_depth(void **state)
{
    char text[2 * (DOC_MAX_DEPTH + 1)];
    (void)state;
    struct arena a CLEANUP(arena_done);
    arena_init(&a);
    struct doc_root root;
    struct err e;
    for (size_t depth = DOC_MAX_DEPTH; depth <= DOC_MAX_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        int r = json_parse(STR("t"), (struct str){text, 2 * depth}, &a, &root, &e);
        assert_int_equal(r, depth == DOC_MAX_DEPTH ? 0 : -EINVAL);
    }
    assert_string_equal(e.where, "t:1:129");
}

static void test_duplicates(void **state)
{
    (void)state;
    struct arena a CLEANUP(arena_done);
    arena_init(&a);
    struct doc_root root;
    struct err e;
    assert_int_equal(parse(&a, "{\"a\":1,\"b\":2,\n\"a\":{\"c\":3}}", &root, &e), 0);
    assert_int_equal(root.duplicate_count, 1);
    assert_true(str_is(root.duplicates[0].key, "a"));
    assert_int_equal(root.duplicates[0].first.line, 1);
    assert_int_equal(root.duplicates[0].second.line, 2);
    assert_int_equal(root.root->count, 2);
    assert_int_equal(doc_int(doc_get(root.root, "a"), "c", 0), 3);
    assert_int_equal(doc_int(root.root, "b", 0), 2);
}

/* A map beyond DOC_HASHED_KEYS, with every key twice. */
static void test_many_keys(void **state)
{
    enum { KEYS = 300 };
    (void)state;
    struct arena a CLEANUP(arena_done);
    struct buf b CLEANUP(buf_done);
    arena_init(&a);
    buf_init(&b, MIB);
    for (int i = 0; i < 2 * KEYS; i++)
        buf_printf(&b, "%c\"key%d\":%d", i ? ',' : '{', i % KEYS, i);
    buf_add_char(&b, '}');
    struct doc_root root;
    struct err e;
    assert_int_equal(json_parse(STR("t"), buf_str(&b), &a, &root, &e), 0);
    assert_int_equal(root.root->count, KEYS);
    assert_int_equal(root.duplicate_count, KEYS);
    assert_int_equal(doc_int(root.root, "key7", 0), KEYS + 7);
    assert_int_equal(doc_int(root.root, "key299", 0), 2 * KEYS - 1);
}

struct seen {
    int items, headers;
    bool header_first;
    int stop_at;
    char kind[32];
};

static int see_item(void *ctx, const struct doc_root *item, struct err *e)
{
    struct seen *s = ctx;
    s->items++;
    if (doc_int(item->root, "n", 0) != s->items)
        return err_set(e, EILSEQ, "out of order");
    return s->items == s->stop_at ? err_set(e, ECANCELED, "enough") : 0;
}

static int see_header(void *ctx, const struct doc *header, struct err *e)
{
    struct seen *s = ctx;
    (void)e;
    s->headers++;
    assert_true(header->end > header->start);
    s->header_first = s->items == 0;
    snprintf(s->kind, sizeof(s->kind), STR_FMT, STR_ARG(doc_text(header, "kind")));
    assert_true(!doc_get(header, "items") || doc_get(header, "items")->type == DOC_NULL);
    return 0;
}

static int read_list(const char *text, struct seen *s, struct err *e)
{
    struct arena a CLEANUP(arena_done);
    arena_init(&a);
    struct json_stream stream = {.item = see_item, .header = see_header, .ctx = s};
    return json_parse_list(STR("l.json"), str_of(text), &a, &stream, e);
}

static void test_list(void **state)
{
    (void)state;
    struct err e;
    struct seen s = {0};
    assert_int_equal(
        read_list("{\"kind\":\"PodList\",\"items\":[{\"n\":1},{\"n\":2}],\"x\":1}", &s, &e), 0);
    assert_int_equal(s.items, 2);
    assert_true(s.headers == 1 && s.header_first);
    assert_string_equal(s.kind, "PodList");

    s = (struct seen){0};
    assert_int_equal(
        read_list("{\"apiVersion\":\"v1\",\"items\":[{\"n\":1}],\"kind\":\"List\"}", &s, &e), 0);
    assert_true(s.items == 1 && s.headers == 1 && !s.header_first);
    assert_string_equal(s.kind, "List");

    s = (struct seen){0};
    assert_int_equal(read_list("{\"kind\":\"PodList\",\"items\":null}", &s, &e), 0);

    s = (struct seen){.stop_at = 1};
    assert_int_equal(read_list("{\"items\":[{\"n\":1},{\"n\":2}]}", &s, &e), -ECANCELED);
    assert_int_equal(s.items, 1);

    static const char *const bad[] = {"[]",
                                      "",
                                      "1",
                                      "{\"items\":[1",
                                      "{\"items\":[1,]}",
                                      "{} {}",
                                      "{\"items\":[{\"n\":1} 2]}",
                                      "{\"items\":[]",
                                      "{,}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        s = (struct seen){0};
        if (read_list(bad[i], &s, &e) >= 0)
            fail_msg("accepted %s", bad[i]);
    }
}

#ifdef HAVE_JANSSON
static bool same(const struct doc *n, json_t *j)
{
    double v;
    int64_t i;
    switch (json_typeof(j)) {
    case JSON_NULL:
        return n->type == DOC_NULL;
    case JSON_TRUE:
    case JSON_FALSE:
        return n->type == DOC_BOOL && str_is(n->text, json_is_true(j) ? "true" : "false");
    case JSON_INTEGER:
        return n->type == DOC_INT && str_to_int64(n->text, &i) == 0 && i == json_integer_value(j);
    case JSON_REAL:
        return n->type == DOC_FLOAT &&
               (n->text.n > 60 || (str_to_double(n->text, &v) == 0 && v == json_real_value(j)));
    case JSON_STRING:
        return n->type == DOC_STRING &&
               str_eq(n->text, (struct str){json_string_value(j), json_string_length(j)});
    case JSON_ARRAY: {
        if (n->type != DOC_SEQ || n->count != json_array_size(j))
            return false;
        size_t k = 0;
        for (const struct doc *c = n->child; c; c = c->next)
            if (!same(c, json_array_get(j, k++)))
                return false;
        return true;
    }
    case JSON_OBJECT: {
        if (n->type != DOC_MAP || n->count != json_object_size(j))
            return false;
        for (const struct doc *c = n->child; c; c = c->next) {
            json_t *v2 = json_object_getn(j, c->key.p, c->key.n);
            if (!v2 || !same(c, v2))
                return false;
        }
        return true;
    }
    }
    return false;
}

/* jansson's own limits, and half surrogates, which it refuses. */
static bool is_excused(const json_error_t *e)
{
    return strstr(e->text, "too big") || strstr(e->text, "overflow") ||
           strstr(e->text, "Unicode") || strstr(e->text, "unicode");
}

static void compare(struct arena *a, struct str text)
{
    struct doc_root root;
    struct err e;
    json_error_t je;
    arena_reset(a);
    int r = json_parse(STR("t"), text, a, &root, &e);
    json_t *j = json_loadb(text.p, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &je);
    if ((r == 0) != (j != NULL) && !(r == 0 && is_excused(&je)))
        fail_msg("we %s, jansson %s (%s): " STR_FMT, r ? "refuse" : "accept",
                 j ? "accepts" : "refuses", j ? e.msg : je.text, STR_ARG(text));
    if (r == 0 && j && !same(root.root, j))
        fail_msg("another value than jansson's: " STR_FMT, STR_ARG(text));
    json_decref(j);
}
#endif

/* Random changes of valid texts: most are wrong in one place. */
static void test_against_jansson(void **state)
{
    (void)state;
#ifdef HAVE_JANSSON
    static const char seed_text[] =
        "{\"a\":[1,-2.5e3,true,null,\"x\\u00e4\\ud83d\\ude00\\n\"],\"\xc3\xa4\xe2\x82\xac\":{\"b\":{},\"c\":[]},"
        "\"a longer key, more than sixteen\":\"and a longer value with \\\"quotes\\\" in it\",\"n\":0.1}";
    static const char bytes[] = "{}[]:,\"\\untfea0123456789+-.E \n\x01\x80\xc3\xe2\xff";
    struct arena a CLEANUP(arena_done);
    arena_init(&a);
    uint64_t rng = 1;
    for (int i = 0; i < 60000; i++) {
        char text[sizeof(seed_text)];
        memcpy(text, seed_text, sizeof(text));
        size_t n = sizeof(text) - 1;
        for (int k = 0; k <= i % 3; k++) {
            rng = rng * UINT64_C(6364136223846793005) + 1442695040888963407U;
            text[(rng >> 33) % n] = bytes[(rng >> 20) % (sizeof(bytes) - 1)];
        }
        rng = rng * UINT64_C(6364136223846793005) + 1442695040888963407U;
        size_t from = i % 4 == 3 ? (rng >> 40) % n : 0;
        compare(&a, (struct str){text + from, n - from});
    }
#else
    print_message("skip: jansson: not installed, the JSON reader is not compared with it\n");
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts),    cmocka_unit_test(test_strings),
        cmocka_unit_test(test_positions),  cmocka_unit_test(test_depth),
        cmocka_unit_test(test_duplicates), cmocka_unit_test(test_many_keys),
        cmocka_unit_test(test_list),       cmocka_unit_test(test_against_jansson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
