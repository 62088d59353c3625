/* SPDX-License-Identifier: Apache-2.0
 *
 * plimsoll completion: shell completion scripts, generated from the option tables.
 */
#include "cmd/verb.h"
#include "output/out.h"
#include "rules/rule.h"

static const char *const shells[] = {"bash", "zsh", NULL};

/* ---- bash ---- */

static void bash_verbs(struct buf *b)
{
    for (size_t i = 0; i < verb_count; i++)
        if (!verb_table[i]->hidden)
            buf_printf(b, "%s%s", i ? " " : "", verb_table[i]->name);
}

static void rule_ids(struct buf *b)
{
    for (size_t i = 0; i < rule_count; i++)
        buf_printf(b, "%s%s", i ? " " : "", rule_table[i]->id);
}

/* One branch of "case VERB PREVIOUS-WORD": what may follow an option. */
static void bash_value(struct buf *b, const struct verb *v, const struct option_spec *o)
{
    buf_printf(b, "    '%s --%s'", v->name, o->name);
    if (o->letter)
        buf_printf(b, "|'%s -%c'", v->name, o->letter);
    buf_add_cstr(b, ")\n");
    if (o->words) {
        buf_add_cstr(b, "        COMPREPLY=($(compgen -W '");
        for (size_t i = 0; o->words[i]; i++)
            buf_printf(b, "%s%s", i ? " " : "", o->words[i]);
        buf_add_cstr(b, "' -- \"$cur\"))\n");
    } else if (o->takes_file) {
        buf_add_cstr(b, "        compopt -o filenames 2>/dev/null\n"
                        "        COMPREPLY=($(compgen -f -- \"$cur\"))\n");
    }
    buf_add_cstr(b, "        return ;;\n");
}

static void bash_values(struct buf *b)
{
    buf_add_cstr(b, "    case \"$verb $prev\" in\n");
    for (size_t i = 0; i < verb_count; i++) {
        const struct verb *v = verb_table[i];
        for (size_t t = 0; t < v->options.count; t++)
            for (size_t k = 0; k < v->options.items[t].count; k++) {
                const struct option_spec *o = &v->options.items[t].specs[k];
                if (!o->hidden && o->type != OPTION_FLAG && !o->bare)
                    bash_value(b, v, o);
            }
    }
    buf_add_cstr(b, "    esac\n");
}

/* What may stand where no option's value is due: options, or the verb's own words. */
static void bash_words(struct buf *b, const struct verb *v)
{
    buf_printf(b, "    %s)\n        words='", v->name);
    for (size_t t = 0; t < v->options.count; t++)
        for (size_t k = 0; k < v->options.items[t].count; k++) {
            const struct option_spec *o = &v->options.items[t].specs[k];
            if (o->hidden)
                continue;
            buf_printf(b, "--%s ", o->name);
            if (o->letter)
                buf_printf(b, "-%c ", o->letter);
        }
    if (v->file_word)
        buf_printf(b, "%s ", v->file_word);
    buf_printf(b, "--help -h'\n        files='%s'\n        args='",
               v->file_word ? v->file_word : "");
    if (v->args && strstr(v->args, "VERB")) {
        bash_verbs(b);
    } else if (v->args && strstr(v->args, "ID")) {
        rule_ids(b);
    } else if (v->args && strchr(v->args, '|')) {
        for (const char *p = v->args; *p; p++)
            buf_add_char(b, *p == '|' ? ' ' : *p);
    }
    buf_add_cstr(b, "' ;;\n");
}

static void add_bash(struct buf *b)
{
    buf_add_cstr(b, "# bash completion for plimsoll, made by \"plimsoll completion bash\"\n"
                    "_plimsoll() {\n"
                    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                    "    local verb=${COMP_WORDS[1]} words='' args='' files=''\n"
                    "    COMPREPLY=()\n"
                    "    # bash takes --option=value apart at the equals sign\n"
                    "    if [[ $cur == '=' ]]; then\n"
                    "        cur=''\n"
                    "    elif [[ $prev == '=' && COMP_CWORD -gt 2 ]]; then\n"
                    "        prev=${COMP_WORDS[COMP_CWORD-2]}\n"
                    "        if [[ $prev != -* ]]; then\n"
                    "            compopt -o filenames 2>/dev/null\n"
                    "            COMPREPLY=($(compgen -f -- \"$cur\"))\n"
                    "            return\n"
                    "        fi\n"
                    "    fi\n"
                    "    if ((COMP_CWORD == 1)); then\n"
                    "        COMPREPLY=($(compgen -W '");
    bash_verbs(b);
    buf_add_cstr(b, " --help --version' -- \"$cur\"))\n        return\n    fi\n");
    bash_values(b);
    buf_add_cstr(b, "    case $verb in\n");
    for (size_t i = 0; i < verb_count; i++)
        bash_words(b, verb_table[i]);
    buf_add_cstr(b, "    esac\n"
                    "    if [[ $cur != -* && -n $files &&\n"
                    "        \" ${COMP_WORDS[*]:2:COMP_CWORD-2} \" == *\" $files \"* ]]; then\n"
                    "        compopt -o filenames 2>/dev/null\n"
                    "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
                    "        return\n"
                    "    fi\n"
                    "    if [[ $cur != -* && -n $args ]]; then\n"
                    "        words=$args\n"
                    "    fi\n"
                    "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                    "}\n"
                    "complete -F _plimsoll plimsoll kubectl-plimsoll\n");
}

/* ---- zsh ---- */

/* Text inside single quotes, where _arguments also gives meaning to ":", "[" and "]". */
static void zsh_text(struct buf *b, const char *s)
{
    for (; *s; s++) {
        if (*s == '\'')
            buf_add_cstr(b, "'\\''");
        else if (strchr(":[]\\", *s))
            buf_printf(b, "\\%c", *s);
        else
            buf_add_char(b, *s);
    }
}

/* The first sentence of the help is enough there. */
static void zsh_help(struct buf *b, const char *help)
{
    struct buf first CLEANUP(buf_done);
    buf_init(&first, 4 * KIB);
    const char *end = strstr(help, ". ");
    size_t n = end ? (size_t)(end - help) : strlen(help);
    buf_add(&first, help, n && help[n - 1] == '.' ? n - 1 : n);
    buf_add_char(&first, '\0');
    zsh_text(b, first.p);
}

static void zsh_option(struct buf *b, const struct option_spec *o)
{
    bool repeats = o->type == OPTION_TEXTS || o->type == OPTION_OUTPUTS;
    const char *equals = o->type == OPTION_FLAG ? "" : o->bare ? "=-" : "=";
    buf_add_cstr(b, " \\\n            ");
    if (o->letter)
        buf_printf(b, "%s{-%c,--%s%s}'[", repeats ? "'*'" : "", o->letter, o->name, equals);
    else
        buf_printf(b, "'%s--%s%s[", repeats ? "*" : "", o->name, equals);
    zsh_help(b, o->help);
    buf_add_char(b, ']');
    if (o->type != OPTION_FLAG) {
        buf_add_cstr(b, o->bare ? "::" : ":");
        zsh_text(b, o->arg ? o->arg : o->name);
        buf_add_char(b, ':');
        for (size_t i = 0; o->words && o->words[i]; i++)
            buf_printf(b, "%s%s%s", i ? " " : "(", o->words[i], o->words[i + 1] ? "" : ")");
        if (o->takes_file)
            buf_add_cstr(b, "_files");
    }
    buf_add_char(b, '\'');
}

static void zsh_verb(struct buf *b, const struct verb *v)
{
    buf_printf(b, "    %s)\n        _arguments -s '(-h --help)'{-h,--help}'[show its help]'",
               v->name);
    for (size_t t = 0; t < v->options.count; t++)
        for (size_t k = 0; k < v->options.items[t].count; k++)
            if (!v->options.items[t].specs[k].hidden)
                zsh_option(b, &v->options.items[t].specs[k]);
    if (v->args && strstr(v->args, "VERB")) {
        buf_add_cstr(b, " \\\n            '1:verb:(");
        bash_verbs(b);
        buf_add_cstr(b, ")'");
    } else if (v->args && strstr(v->args, "ID")) {
        buf_add_cstr(b, " \\\n            '*:rule:(");
        rule_ids(b);
        buf_add_cstr(b, ")'");
    } else if (v->args && strchr(v->args, '|')) {
        buf_add_cstr(b, " \\\n            '1:word:(");
        for (const char *p = v->args; *p; p++)
            buf_add_char(b, *p == '|' ? ' ' : *p);
        buf_add_cstr(b, ")'");
    }
    if (v->file_word)
        buf_printf(b, " \\\n            '1:word:(%s)' '*:file:_files'", v->file_word);
    buf_add_cstr(b, " ;;\n");
}

static void add_zsh(struct buf *b)
{
    buf_add_cstr(b, "#compdef plimsoll kubectl-plimsoll\n"
                    "# zsh completion for plimsoll, made by \"plimsoll completion zsh\"\n"
                    "_plimsoll() {\n"
                    "    local -a verbs=(\n");
    for (size_t i = 0; i < verb_count; i++) {
        if (verb_table[i]->hidden)
            continue;
        buf_printf(b, "        '%s:", verb_table[i]->name);
        zsh_text(b, verb_table[i]->summary);
        buf_add_cstr(b, "'\n");
    }
    buf_add_cstr(b, "    )\n"
                    "    if ((CURRENT == 2)); then\n"
                    "        _describe verb verbs\n"
                    "        return\n"
                    "    fi\n"
                    "    words=(\"${(@)words[2,-1]}\")\n"
                    "    ((CURRENT--))\n"
                    "    case $words[1] in\n");
    for (size_t i = 0; i < verb_count; i++)
        zsh_verb(b, verb_table[i]);
    buf_add_cstr(b, "    esac\n"
                    "}\n"
                    "if [[ $funcstack[1] == _plimsoll ]]; then\n"
                    "    _plimsoll \"$@\"\n"
                    "else\n"
                    "    compdef _plimsoll plimsoll kubectl-plimsoll\n"
                    "fi\n");
}

static int run(const struct verb_call *c, struct err *e)
{
    if (c->args.count != 1)
        return err_set(e, EINVAL, "name one shell: bash or zsh");
    struct str shell = c->args.items[0];
    struct buf text CLEANUP(buf_done);
    buf_init(&text, MIB);
    if (str_is(shell, shells[0]))
        add_bash(&text);
    else if (str_is(shell, shells[1]))
        add_zsh(&text);
    else
        return err_set(e, EINVAL, "\"" STR_FMT "\" is neither bash nor zsh", STR_ARG(shell));
    return out_write(STR_NONE, buf_str(&text), e);
}

static const struct verb_example examples[] = {
    {"For this bash session: source <(plimsoll completion bash). The script itself:",
     "plimsoll completion bash", EXIT_CLEAN},
};

const struct verb verb_completion = {
    .name = "completion",
    .summary = "prints the completion script of a shell",
    .args = "bash|zsh",
    .description = "Prints a script that completes verbs, options and their values. \"make "
                   "install\" puts both scripts where bash and zsh look for them.",
    .examples = examples,
    .example_count = ARRAY_LEN(examples),
    .run = run,
};
