/* SPDX-License-Identifier: Apache-2.0
 *
 * Help texts, man pages and the JSON description of the command line, from the verb table.
 */
#include "cmd/manual.h"

#include "base/text.h"

enum { HELP_COLUMNS = 80, HELP_INDENT = 6 };

static const char about[] =
    "The load line for Kubernetes memory: judges the memory of workloads as Kubernetes and the "
    "kernel do, on manifests, on a live cluster, or on a recording of one.";

static const struct {
    const char *code, *text;
} exit_codes[] = {
    {"0", "clean, or the question is answered"},
    {"1", "findings at or above --fail-on"},
    {"2", "bad usage, unreadable input, nothing to judge, output not written"},
    {"3", "the cluster refused, or --strict and something could not be judged"},
    {"4", "refused for safety"},
    {"70", "out of memory"},
    {"130", "simulate stopped by Ctrl-C (143: by SIGTERM): what it printed is partial"},
};

static const struct {
    const char *name, *text;
} environment[] = {
    {"NO_COLOR", "If set and not empty, no colour on a terminal either."},
};

/* Adds words of text with line breaks, each line indented; the first line goes on at column
 * `at`. An empty line in text stays one. */
static void add_wrapped(struct buf *b, struct str text, size_t at, size_t indent)
{
    size_t column = at;
    bool line_empty = true;
    while (text.n) {
        if (text.p[0] == '\n' || text.p[0] == ' ') {
            if (str_starts(text, "\n\n")) {
                buf_add_cstr(b, "\n\n");
                column = 0;
                line_empty = true;
            }
            text = str_sub(text, 1, text.n);
            continue;
        }
        size_t n = 0;
        while (n < text.n && text.p[n] != ' ' && text.p[n] != '\n')
            n++;
        if (!line_empty && column + 1 + n > HELP_COLUMNS) {
            buf_add_char(b, '\n');
            column = 0;
            line_empty = true;
        }
        if (column < indent) {
            buf_printf(b, "%*s", (int)(indent - column), "");
            column = indent;
        } else if (!line_empty) {
            buf_add_char(b, ' ');
            column++;
        }
        buf_add(b, text.p, n);
        column += n;
        line_empty = false;
        text = str_sub(text, n, text.n);
    }
    buf_add_char(b, '\n');
}

static void add_option_head(struct buf *b, const struct option_spec *o)
{
    if (o->letter)
        buf_printf(b, "-%c, ", o->letter);
    buf_printf(b, "--%s", o->name);
    if (o->type != OPTION_FLAG) {
        buf_add_cstr(b, o->bare ? "[=" : " ");
        option_add_arg(b, o);
        buf_add_cstr(b, o->bare ? "]" : "");
    }
}

/* The help of an option with what its fields add: words, default, required. */
static void add_option_text(struct buf *b, const struct option_spec *o)
{
    buf_add_cstr(b, o->help);
    if (o->type == OPTION_OUTPUTS) {
        buf_printf(b, " %s: ", o->arg);
        for (size_t i = 0; o->words[i]; i++)
            buf_printf(b, "%s%s", i ? ", " : "", o->words[i]);
        buf_add_char(b, '.');
    }
    if (o->preset)
        buf_printf(b, " Default: %s.", o->preset);
    if (o->absent)
        buf_printf(b, " Default: %s.", o->absent);
    if (o->required)
        buf_add_cstr(b, " Must be given.");
}

static void add_help_option(struct buf *b, const struct option_spec *o)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 8 * KIB);
    buf_add_cstr(b, "  ");
    add_option_head(b, o);
    buf_add_char(b, '\n');
    add_option_text(&text, o);
    add_wrapped(b, buf_str(&text), 0, HELP_INDENT);
}

static const struct option_spec help_option = {
    .name = "help",
    .letter = 'h',
    .type = OPTION_FLAG,
    .help = "Show this help.",
};

static const char *table_heading(const struct option_table *t)
{
    return t->heading ? t->heading : "Options";
}

/* --help is none of the options under a heading of its own ("The world to read"). */
static bool help_stands_alone(const struct verb *v)
{
    return v->options.count == 0 || v->options.items[v->options.count - 1].heading;
}

void manual_add_help(struct buf *b, const struct verb *v)
{
    buf_printf(b, "plimsoll %s: %s\n\nUsage: plimsoll %s [OPTION...]%s%s\n\n", v->name, v->summary,
               v->name, v->args ? " " : "", v->args ? v->args : "");
    add_wrapped(b, str_of(v->description), 0, 0);
    for (size_t t = 0; t < v->options.count; t++) {
        const struct option_table *table = &v->options.items[t];
        buf_printf(b, "\n%s:\n", table_heading(table));
        for (size_t i = 0; i < table->count; i++)
            if (!table->specs[i].hidden)
                add_help_option(b, &table->specs[i]);
    }
    if (help_stands_alone(v))
        buf_add_cstr(b, v->options.count ? "\nHelp:\n" : "\nOptions:\n");
    add_help_option(b, &help_option);
    if (v->example_count)
        buf_add_cstr(b, "\nExamples:\n");
    for (size_t i = 0; i < v->example_count; i++) {
        add_wrapped(b, str_of(v->examples[i].text), 0, 2);
        buf_printf(b, "      %s\n", v->examples[i].command);
    }
}

void manual_add_usage(struct buf *b)
{
    add_wrapped(b, str_of(about), 0, 0);
    buf_add_cstr(b, "\nUsage: plimsoll VERB [OPTION...]\n\nVerbs:\n");
    for (size_t i = 0; i < verb_count; i++)
        if (!verb_table[i]->hidden)
            buf_printf(b, "  %-11s %s\n", verb_table[i]->name, verb_table[i]->summary);
    buf_add_cstr(b, "\n\"plimsoll help VERB\" or \"plimsoll VERB --help\" says more of one verb.\n"
                    "\nExit codes:\n");
    for (size_t i = 0; i < ARRAY_LEN(exit_codes); i++)
        buf_printf(b, "  %-3s %s\n", exit_codes[i].code, exit_codes[i].text);
}

/* ---- roff ---- */

/* Text in roff: backslash and hyphen escaped, and no line may begin with a control character. */
static void man_text(struct buf *b, struct str s)
{
    bool line_begins = true;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (line_begins && (c == '.' || c == '\''))
            buf_add_cstr(b, "\\&");
        if (c == '\\')
            buf_add_cstr(b, "\\e");
        else if (c == '-')
            buf_add_cstr(b, "\\-");
        else if (c == '\n' && i + 1 < s.n && s.p[i + 1] == '\n')
            buf_add_cstr(b, "\n.PP"); /* the second line feed ends the request */
        else
            buf_add_char(b, c);
        line_begins = c == '\n';
    }
}

static void man_line(struct buf *b, const char *s)
{
    man_text(b, str_of(s));
    buf_add_char(b, '\n');
}

static void man_head(struct buf *b, const char *title, const char *name, const char *summary)
{
    buf_printf(b, ".TH %s 1 \"\" \"plimsoll %s\" \"User Commands\"\n.SH NAME\n", title,
               PLIMSOLL_VERSION);
    man_text(b, str_of(name));
    buf_add_cstr(b, " \\- ");
    man_line(b, summary);
}

static void man_option(struct buf *b, const struct option_spec *o)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, 8 * KIB);
    buf_add_cstr(b, ".TP\n");
    if (o->letter)
        buf_printf(b, "\\fB\\-%c\\fR, ", o->letter);
    buf_add_cstr(b, "\\fB");
    option_add_arg(&text, o);
    struct buf name CLEANUP(buf_done);
    buf_init(&name, 100);
    buf_printf(&name, "--%s", o->name);
    man_text(b, buf_str(&name));
    buf_add_cstr(b, "\\fR");
    if (o->type != OPTION_FLAG) {
        buf_add_cstr(b, o->bare ? "[=\\fI" : " \\fI");
        man_text(b, buf_str(&text));
        buf_add_cstr(b, o->bare ? "\\fR]" : "\\fR");
    }
    buf_add_char(b, '\n');
    buf_clear(&text);
    add_option_text(&text, o);
    man_text(b, buf_str(&text));
    buf_add_char(b, '\n');
}

static void man_exit_codes(struct buf *b)
{
    buf_add_cstr(b, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < ARRAY_LEN(exit_codes); i++) {
        buf_printf(b, ".TP\n.B %s\n", exit_codes[i].code);
        man_line(b, exit_codes[i].text);
    }
}

static void man_environment(struct buf *b)
{
    buf_add_cstr(b, ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < ARRAY_LEN(environment); i++) {
        buf_printf(b, ".TP\n.B %s\n", environment[i].name);
        man_line(b, environment[i].text);
    }
}

static void man_verb(struct buf *b, const struct verb *v)
{
    struct buf name CLEANUP(buf_done);
    buf_init(&name, 100);
    buf_printf(&name, "plimsoll-%s", v->name);
    struct buf title CLEANUP(buf_done);
    buf_init(&title, 100);
    for (size_t i = 0; i < name.n; i++)
        buf_add_char(&title,
                     name.p[i] >= 'a' && name.p[i] <= 'z' ? (char)(name.p[i] - 32) : name.p[i]);
    buf_add_char(&title, '\0');
    buf_add_char(&name, '\0');
    man_head(b, title.p, name.p, v->summary);
    buf_printf(b, ".SH SYNOPSIS\n.B plimsoll %s\n[\\fIOPTION\\fR...]", v->name);
    if (v->args) {
        buf_add_cstr(b, " \\fI");
        man_text(b, str_of(v->args));
        buf_add_cstr(b, "\\fR");
    }
    buf_add_cstr(b, "\n.SH DESCRIPTION\n");
    man_line(b, v->description);
    buf_add_cstr(b, ".SH OPTIONS\n");
    for (size_t t = 0; t < v->options.count; t++) {
        const struct option_table *table = &v->options.items[t];
        if (table->heading)
            buf_printf(b, ".SS %s\n", table->heading);
        for (size_t i = 0; i < table->count; i++)
            if (!table->specs[i].hidden)
                man_option(b, &table->specs[i]);
    }
    if (v->options.count && help_stands_alone(v))
        buf_add_cstr(b, ".SS Help\n");
    man_option(b, &help_option);
    if (v->example_count)
        buf_add_cstr(b, ".SH EXAMPLES\n");
    for (size_t i = 0; i < v->example_count; i++) {
        buf_add_cstr(b, ".PP\n");
        man_line(b, v->examples[i].text);
        buf_add_cstr(b, ".PP\n.nf\n.RS\n");
        man_line(b, v->examples[i].command);
        buf_add_cstr(b, ".RE\n.fi\n");
    }
    man_exit_codes(b);
    man_environment(b);
    buf_add_cstr(b, ".SH SEE ALSO\n.BR plimsoll (1)\n");
}

void manual_add_man(struct buf *b, const struct verb *v)
{
    if (v) {
        man_verb(b, v);
        return;
    }
    man_head(b, "PLIMSOLL", "plimsoll", "the load line for Kubernetes memory");
    buf_add_cstr(b, ".SH SYNOPSIS\n.B plimsoll\n\\fIVERB\\fR [\\fIOPTION\\fR...]\n"
                    ".SH DESCRIPTION\n");
    man_line(b, about);
    buf_add_cstr(b, ".PP\nUnder the name kubectl\\-plimsoll it is the kubectl plugin "
                    "\\fBkubectl plimsoll\\fR.\n.SH VERBS\n");
    for (size_t i = 0; i < verb_count; i++) {
        if (verb_table[i]->hidden)
            continue;
        buf_printf(b, ".TP\n.BR plimsoll\\-%s (1)\n", verb_table[i]->name);
        man_line(b, verb_table[i]->summary);
    }
    man_exit_codes(b);
    man_environment(b);
}

/* ---- JSON ---- */

static void json_option(struct json_writer *w, const struct option_spec *o)
{
    struct buf arg CLEANUP(buf_done);
    buf_init(&arg, 200);
    option_add_arg(&arg, o);
    json_map(w);
    json_add_cstr(w, "name", o->name);
    json_add_str(w, "letter", o->letter ? (struct str){&o->letter, 1} : STR_NONE);
    json_add_str(w, "arg", o->type == OPTION_FLAG ? STR_NONE : buf_str(&arg));
    json_key(w, "words");
    if (o->words) {
        json_seq(w);
        for (size_t i = 0; o->words[i]; i++)
            json_str(w, str_of(o->words[i]));
        json_seq_end(w);
    } else {
        json_null(w);
    }
    json_add_bool(w, "repeatable", o->type == OPTION_TEXTS || o->type == OPTION_OUTPUTS);
    json_add_bool(w, "required", o->required);
    json_add_cstr(w, "default", o->preset);
    json_add_cstr(w, "help", o->help);
    json_map_end(w);
}

static void json_verb(struct json_writer *w, const struct verb *v)
{
    json_map(w);
    json_add_cstr(w, "name", v->name);
    json_add_cstr(w, "summary", v->summary);
    json_add_cstr(w, "args", v->args);
    json_key(w, "options");
    json_seq(w);
    for (size_t t = 0; t < v->options.count; t++)
        for (size_t i = 0; i < v->options.items[t].count; i++)
            if (!v->options.items[t].specs[i].hidden)
                json_option(w, &v->options.items[t].specs[i]);
    json_seq_end(w);
    json_key(w, "examples");
    json_seq(w);
    for (size_t i = 0; i < v->example_count; i++) {
        json_map(w);
        json_add_cstr(w, "text", v->examples[i].text);
        json_add_cstr(w, "command", v->examples[i].command);
        json_add_int(w, "exitCode", v->examples[i].exit);
        json_map_end(w);
    }
    json_seq_end(w);
    json_map_end(w);
}

void manual_add_json(struct json_writer *w)
{
    json_map(w);
    json_add_cstr(w, "apiVersion", "plimsoll.dev/v1");
    json_add_cstr(w, "kind", "VerbList");
    json_key(w, "summary");
    json_map(w);
    json_add_cstr(w, "version", PLIMSOLL_VERSION);
    json_map_end(w);
    json_key(w, "items");
    json_seq(w);
    for (size_t i = 0; i < verb_count; i++)
        if (!verb_table[i]->hidden)
            json_verb(w, verb_table[i]);
    json_seq_end(w);
    json_map_end(w);
    json_writer_end(w);
}
