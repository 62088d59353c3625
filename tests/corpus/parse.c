/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads each file named on standard input (one a line) twice: by the production reader and by
 * libyaml's event parser alone. Prints "OURS<TAB>LIBYAML<TAB>FILE<TAB>MESSAGE", each verdict "ok" or
 * "refused", for tests/corpus/run.py to judge.
 */
#include <stdio.h>
#include <yaml.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/doc.h"
#include "base/text.h"

static bool read_file(const char *path, struct buf *ret)
{
    char part[64 * 1024];
    FILE *f = fopen(path, "rbe");
    if (!f)
        return false;
    for (size_t n; (n = fread(part, 1, sizeof(part), f)) > 0;)
        buf_add(ret, part, n);
    fclose(f);
    return true;
}

static bool libyaml_reads(struct str text)
{
    yaml_parser_t parser;
    yaml_event_t event;
    bool ok = true;
    if (!yaml_parser_initialize(&parser))
        mem_out();
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.n ? text.p : ""), text.n);
    for (bool more = true; more && ok;) {
        ok = yaml_parser_parse(&parser, &event);
        if (!ok)
            break;
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return ok;
}

static bool we_read(const char *path, struct str text, struct err *e)
{
    struct arena a;
    struct doc_reader r;
    struct doc_root root;
    int got;
    arena_init(&a);
    doc_reader_init(&r, str_of(path), text);
    while ((got = doc_read(&r, &a, &root, e)) > 0)
        arena_reset(&a);
    doc_reader_done(&r);
    arena_done(&a);
    return got == 0;
}

static int judge_all(void *unused)
{
    char path[4096];
    (void)unused;
    while (fgets(path, sizeof(path), stdin)) {
        struct err e = {0};
        struct buf text CLEANUP(buf_done), message CLEANUP(buf_done);
        path[strcspn(path, "\n")] = '\0';
        buf_init(&text, 256 * MIB);
        buf_init(&message, MIB);
        if (!read_file(path, &text))
            return 2;
        bool ours = we_read(path, buf_str(&text), &e);
        if (!ours) {
            text_add_clean(&message, str_of(e.where));
            buf_add_cstr(&message, ": ");
            text_add_clean(&message, str_of(e.msg));
        }
        printf("%s\t%s\t%s\t" STR_FMT "\n", ours ? "ok" : "refused",
               libyaml_reads(buf_str(&text)) ? "ok" : "refused", path, STR_ARG(buf_str(&message)));
    }
    return 0;
}

int main(void)
{
    int r = mem_protect(judge_all, NULL);
    return r < 0 ? 2 : r;
}
