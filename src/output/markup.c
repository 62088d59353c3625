/* SPDX-License-Identifier: Apache-2.0
 *
 * Text of input in HTML and XML.
 */
#include "output/markup.h"

#include "base/text.h"

/* Longer than any name or sentence; what does not fit is cut, not an error. */
#define MARKUP_MAX (256 * KIB)

void markup_add(struct buf *b, struct str text)
{
    struct buf clean CLEANUP(buf_done);
    buf_init(&clean, MARKUP_MAX);
    text_add_clean(&clean, str_sub(text, 0, MARKUP_MAX / 16));
    for (size_t i = 0; i < clean.n; i++) {
        switch (clean.p[i]) {
        case '&':
            buf_add_cstr(b, "&amp;");
            break;
        case '<':
            buf_add_cstr(b, "&lt;");
            break;
        case '>':
            buf_add_cstr(b, "&gt;");
            break;
        case '"':
            buf_add_cstr(b, "&quot;");
            break;
        case '\'':
            buf_add_cstr(b, "&#39;");
            break;
        default:
            buf_add_char(b, clean.p[i]);
        }
    }
}

void markup_add_attribute(struct buf *b, const char *name, struct str text)
{
    buf_printf(b, " %s=\"", name);
    markup_add(b, text);
    buf_add_char(b, '"');
}
