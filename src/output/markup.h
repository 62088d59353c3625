/* SPDX-License-Identifier: Apache-2.0
 *
 * Text of input in HTML and XML.
 */
#ifndef OUTPUT_MARKUP_H
#define OUTPUT_MARKUP_H

#include "base/buf.h"

/* Appends text so that it is nothing but text, inside an element or a quoted attribute: cleaned
 * (text_add_clean: no control characters, which XML cannot carry), then & < > " ' escaped. */
void markup_add(struct buf *b, struct str text);
/* ` name="text"` */
void markup_add_attribute(struct buf *b, const char *name, struct str text);

#endif
