/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the HTML report: its style sheet and its sections, one file for each few of them.
 */
#ifndef OUTPUT_SIMULATE_HTML_H
#define OUTPUT_SIMULATE_HTML_H

#include "output/markup.h"
#include "output/simulate.h"

/* What one page holds of each: beyond it the page says how much more there is. */
enum { HTML_ROWS = 500, HTML_ROWS_OPEN = 20, HTML_NODES = 5000, HTML_STEPS = 150 };

extern const char simulate_html_style[];

/* From the doctype to <main>, and from there to the end. digest NULL = none. */
void html_page_begin(struct buf *b, const char *title);
void html_page_end(struct buf *b, const char *digest);
/* <dt>what</dt><dd>text</dd>, text escaped. */
void html_row(struct buf *b, const char *what, struct str text);
/* <section> with its heading; ended by html_section_end. id is a word of ours. */
void html_section(struct buf *b, const char *id, const char *title);
void html_section_end(struct buf *b);
/* <p>text</p>, escaped. */
void html_paragraph(struct buf *b, struct str text);
/* <td>text</td>, escaped; class_name NULL = none. */
void html_cell(struct buf *b, const char *class_name, struct str text);

/* The Plimsoll mark on a hull, with the water of now. */
void html_add_gauge(const struct simulate_results *r, struct buf *b);
void html_add_contingencies(const struct simulate_results *r, struct buf *b);
void html_add_remedies(const struct simulate_results *r, struct buf *b);
/* Node heat map. */
void html_add_nodes(const struct simulate_results *r, struct buf *b);
/* Zones and pools. */
void html_add_groups(const struct simulate_results *r, struct buf *b);
/* The worst cascade, step by step. */
void html_add_story(const struct simulate_results *r, struct buf *b);

#endif
