/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON: trees keep base/doc.h's promises, and building, skipping and streaming a list accept the
 * same texts.
 */
#include "base/alloc.h"
#include "base/json.h"
#include "tests/tools/doc_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct str text;
    struct arena tree, scratch;
    size_t items;
};

static int see_item(void *ctx, const struct doc_root *item, struct err *e)
{
    struct input *in = ctx;
    size_t nodes = 0;
    (void)e;
    in->items++;
    if (doc_check(item, in->text, &nodes))
        __builtin_trap();
    return 0;
}

static bool skips(struct str text)
{
    struct json_cursor c;
    struct err e;
    json_cursor_init(&c, STR("f"), text);
    json_skip_space(&c);
    if (json_skip(&c, &e))
        return false;
    json_skip_space(&c);
    return c.p == c.end;
}

static int run(void *arg)
{
    struct input *in = arg;
    struct doc_root root;
    struct err e;
    size_t nodes = 0;
    int r = json_parse(STR("f"), in->text, &in->tree, &root, &e);
    if ((r == 0) != skips(in->text))
        __builtin_trap();
    if (r == 0 && doc_check(&root, in->text, &nodes))
        __builtin_trap();
    struct json_stream s = {.item = see_item, .ctx = in};
    int listed = json_parse_list(STR("f"), in->text, &in->scratch, &s, &e);
    /* A list's items may nest two levels deeper than the whole would. */
    if (r == 0 && root.root->type == DOC_MAP && listed < 0)
        __builtin_trap();
    const struct doc *items = r == 0 ? doc_get(root.root, "items") : NULL;
    if (items && items->type == DOC_SEQ && !root.duplicate_count && items->count != in->items)
        __builtin_trap();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {.text = {(const char *)data, size}};
    arena_init(&in.tree);
    arena_init(&in.scratch);
    if (mem_protect(run, &in))
        __builtin_trap();
    arena_done(&in.tree);
    arena_done(&in.scratch);
    return 0;
}
