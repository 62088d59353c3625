/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the files named on standard input (one a line) directly and by libyaml's events, as they are
 * and changed at random in ways that matter to YAML, and compares what comes out.
 *     yaml_ways [SEED [ROUNDS]] < NAMES
 * Prints each difference, and last how much of the files was read directly. Exit: 0, 1 differences.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/random.h"
#include "base/yaml_direct.h"
#include "tests/tools/doc_equal.h"

enum { LARGEST = 4 << 20, WINDOW = 2000, PRINTED = 40 };

static char input[LARGEST], changed[LARGEST + 4096];
static size_t files, texts, faults;
static size_t bytes, direct_bytes, documents, direct_documents;

/* ---- chance ---- */

static struct random_run run;
static uint32_t draws;

static size_t below(size_t count)
{
    return (size_t)random_below(&run, 0, draws++, count);
}

/* ---- changes ---- */

static const char *const pieces[] = {
    " ",
    "  ",
    "\n",
    "\n\n",
    "\n  ",
    "\t",
    "\r\n",
    ":",
    ": ",
    ":\n",
    "-",
    "- ",
    "\n- ",
    "\n-\n",
    "- - ",
    "#",
    " #",
    " # c\n",
    "\n#c\n",
    "\n  # c\n",
    "'",
    "\"",
    "''",
    "\\",
    "\\n",
    "\\\n",
    "\\ ",
    "\\x41",
    "|\n",
    ">-\n",
    "|+",
    "|2\n",
    "> ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "[a, b]",
    "{a: b}",
    "{}",
    "[]",
    "{{",
    "{{ .a }}",
    "&a ",
    "*a",
    "!t ",
    "? ",
    "<<: ",
    "<<",
    "~",
    "null",
    "no",
    "0x1f",
    "1e3",
    "---\n",
    "...",
    "\n...\n",
    "---",
    "%",
    "@",
    "`",
    "a: b",
    "\na: b\n",
    "a: 'b'",
    "\xc3\xa4",
    "\x7f",
    "\xe2\x80\xa8",
    "\xef\xbb\xbf",
    "? a\n: b\n",
    "\xc2\x85",
    "a:\n- b\n-\n",
    "  \n \n",
    "x\n   y\n\n   z",
    "\"a\n b\"",
    "'a\n\n b'",
};

static size_t insert(size_t n, size_t at, const char *s, size_t len)
{
    memmove(changed + at + len, changed + at, n - at);
    memcpy(changed + at, s, len);
    return n + len;
}

static size_t delete (size_t n, size_t at, size_t len)
{
    memmove(changed + at, changed + at + len, n - at - len);
    return n - len;
}

static size_t line_of(size_t at)
{
    while (at > 0 && changed[at - 1] != '\n')
        at--;
    return at;
}

/* One change of the n bytes in `changed`; how many they are then. */
static size_t change(size_t n)
{
    size_t at = below(n + 1), line = line_of(at), kind = below(6), few = below(4);
    const char *piece = pieces[below(ARRAY_LEN(pieces))];
    if (kind == 0)
        return delete (n, at, MIN(n - at, 1 + few));
    if (kind == 1)
        return insert(n, line, "    ", 1 + few);
    if (kind == 2) {
        size_t blanks = 0;
        while (line + blanks < n && changed[line + blanks] == ' ')
            blanks++;
        return delete (n, line, below(blanks + 1));
    }
    if (kind == 3 && at < n) { /* where tokens begin and end */
        while (at < n && changed[at] != ' ' && changed[at] != '\n' && changed[at] != ':')
            at++;
        at = MIN(n, at + few);
    }
    return insert(n, at, piece, strlen(piece));
}

/* ---- comparing ---- */

static int compare(void *arg)
{
    const struct str *text = arg;
    struct pos at;
    const char *why = doc_ways_differ(*text, &at);
    texts++;
    if (why && ++faults <= PRINTED)
        printf("  %s, %u:%u\n%.*s\n", why, at.line, at.column, (int)MIN(text->n, (size_t)WINDOW),
               text->p);
    return why ? 1 : 0;
}

static bool differ(const char *name, struct str text)
{
    int got = mem_protect(compare, &text);
    if (got)
        printf("FAIL %s\n", name);
    return got;
}

/* Some lines of the text, changed. */
static void compare_changed(const char *name, struct str text)
{
    size_t from = text.n > WINDOW ? below(text.n - WINDOW) : 0;
    while (from > 0 && text.p[from - 1] != '\n')
        from--;
    size_t n = MIN(text.n - from, (size_t)WINDOW);
    memcpy(changed, text.p + from, n);
    for (size_t i = 1 + below(3); i > 0; i--)
        n = change(n);
    (void)differ(name, (struct str){changed, n});
}

static int count_direct(void *arg)
{
    const struct str *text = arg;
    static struct doc_builder b;
    struct yaml_cut cut = {.text = *text};
    struct yaml_chunk chunk;
    while (yaml_cut_next(&cut, &chunk)) {
        struct arena a;
        struct doc_root root = {0};
        arena_init(&a);
        doc_build_init(&b, &a, &root);
        bool direct = yaml_direct_read(&chunk, &b, NULL);
        doc_build_done(&b);
        arena_done(&a);
        documents++;
        bytes += chunk.text.n;
        direct_documents += direct;
        direct_bytes += direct ? chunk.text.n : 0;
        if (!direct && getenv("YAML_WAYS_VERBOSE"))
            printf("not direct: %.*s\n", (int)MIN(chunk.text.n, (size_t)200), chunk.text.p);
    }
    return 0;
}

static void judge_file(const char *name, size_t rounds)
{
    FILE *f = fopen(name, "rbe");
    if (!f) {
        printf("FAIL %s: cannot be read\n", name);
        faults++;
        return;
    }
    struct str text = {input, fread(input, 1, sizeof(input), f)};
    fclose(f);
    run.run = files++;
    draws = 0;
    if (mem_protect(count_direct, &text))
        faults++;
    (void)differ(name, text);
    for (size_t i = 0; i < rounds; i++)
        compare_changed(name, text);
}

int main(int argc, char **argv)
{
    char name[4096];
    run.seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    size_t rounds = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    while (fgets(name, sizeof(name), stdin)) {
        name[strcspn(name, "\n")] = '\0';
        judge_file(name, rounds);
    }
    printf(
        "%zu files, %zu texts, %zu differences; %zu of %zu documents and %zu of %zu bytes are read "
        "directly\n",
        files, texts, faults, direct_documents, documents, direct_bytes, bytes);
    return faults ? 1 : 0;
}
