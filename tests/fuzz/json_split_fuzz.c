/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON list cut into items as it arrives, in pieces whose size the first byte says: of valid JSON
 * header and items are those of the whole tree.
 */
#include "base/alloc.h"
#include "base/doc.h"
#include "base/json_split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct str text;
    size_t step;
    struct arena a;
    struct json_split split;
    struct buf items;
};

static void require(bool ok)
{
    if (!ok)
        __builtin_trap();
}

/* What no call used up. */
static struct str feed_all(struct input *in)
{
    size_t begin = 0, end = 0;
    while (end < in->text.n) {
        end = MIN(end + in->step, in->text.n);
        for (size_t used = 1; used && begin < end; begin += used) {
            struct str items, given = str_sub(in->text, begin, end);
            used = json_split_feed(&in->split, given, &items);
            require(used <= given.n && items.n <= used);
            buf_add_str(&in->items, items);
        }
    }
    return str_sub(in->text, begin, in->text.n);
}

static size_t count_of(const struct doc *n)
{
    return n && n->type == DOC_SEQ ? n->count : 0;
}

static int run(void *arg)
{
    struct input *in = arg;
    struct doc_root whole, header, items;
    struct err e;
    struct str rest = feed_all(in);
    int r = json_split_end(&in->split, rest, &e);
    if (json_parse(STR("f"), in->text, &in->a, &whole, &e) || whole.duplicate_count ||
        whole.root->type != DOC_MAP)
        return 0;
    buf_add_char(&in->items, ']');
    require(r == 0);
    require(json_parse(STR("h"), buf_str(&in->split.header), &in->a, &header, &e) == 0);
    require(header.root->count == whole.root->count);
    require(json_parse(STR("i"), buf_str(&in->items), &in->a, &items, &e) == 0);
    const struct doc *list = doc_get(whole.root, "items");
    require(count_of(items.root) + count_of(doc_get(header.root, "items")) == count_of(list));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct input in = {.text = {(const char *)data + 1, size - 1}, .step = data[0] % 64U + 1};
    arena_init(&in.a);
    json_split_init(&in.split, MIB);
    buf_init(&in.items, MIB);
    buf_add_char(&in.items, '[');
    if (mem_protect(run, &in))
        __builtin_trap();
    json_split_done(&in.split);
    buf_done(&in.items);
    arena_done(&in.a);
    return 0;
}
