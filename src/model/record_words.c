/* SPDX-License-Identifier: Apache-2.0
 *
 * Words are looked at as the rules look at them: by what they contain, for they may be scripts.
 */
#include "model/record_words.h"

static bool has_any(struct str s, const char *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_find(s, parts[i]) >= 0)
            return true;
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Takes white space and then a word off *rest; quotes end words, too. */
static struct str next_part(struct str *rest)
{
    size_t from = 0, to;
    while (from < rest->n && (is_blank(rest->p[from]) || strchr("\"'", rest->p[from])))
        from++;
    to = from;
    while (to < rest->n && !is_blank(rest->p[to]) && !strchr("\"'", rest->p[to]))
        to++;
    struct str part = str_sub(*rest, from, to);
    *rest = str_sub(*rest, to, rest->n);
    return part;
}

/* ---- passwords ---- */

/* Without what stands before the host in a URL: "user:password@". */
static void add_without_user(struct buf *out, struct str text)
{
    ptrdiff_t scheme = str_find(text, "://");
    ptrdiff_t at = scheme >= 0 ? str_rfind_char(text, '@') : -1;
    if (at > scheme + 2 && scheme >= 0) {
        buf_add_str(out, str_sub(text, 0, (size_t)scheme + 3));
        text = str_sub(text, (size_t)at + 1, text.n);
    }
    buf_add_str(out, text);
}

/* parts are small letters. */
static bool has_any_nocase(struct str s, const char *const *parts, size_t count)
{
    char small[256];
    size_t n = MIN(s.n, sizeof(small));
    for (size_t i = 0; i < n; i++)
        small[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]);
    return has_any((struct str){small, n}, parts, count);
}

static bool names_secret(struct str part)
{
    static const char *const words[] = {"pass",   "pwd",     "token",   "secret",
                                        "apikey", "api-key", "api_key", "authorization"};
    return has_any_nocase(part, words, ARRAY_LEN(words));
}

/* "Authorization: Bearer" and what stands behind it. */
static bool ends_header(struct str part)
{
    static const char *const schemes[] = {"bearer", "basic"};
    if (part.n && part.p[part.n - 1] == ':')
        return names_secret(part);
    return part.n >= 5 && has_any_nocase(str_sub(part, part.n - MIN(part.n, 6U), part.n), schemes,
                                         ARRAY_LEN(schemes));
}

/* "-a" of redis-cli, "-p" of mongosh, "--password", 'db.auth("root",' with the password behind it. */
static bool awaits_secret(const struct record_words *w, struct str part)
{
    if (str_is(part, "-a") || str_is(part, "-u") || str_is(part, "--user") ||
        (w->of_login && (str_is(part, "-p") || str_is(part, "-w"))))
        return true;
    if (str_find(part, "auth(") >= 0 && str_find_char(part, ')') < 0)
        return true;
    return ends_header(part) ||
           (str_starts(part, "-") && names_secret(part) && str_find_char(part, '=') < 0);
}

/* Where in a part a secret begins that the part itself names; its length: nowhere. */
static size_t secret_in(const struct record_words *w, struct str part)
{
    ptrdiff_t call = str_find(part, "auth(");
    bool of_user = str_starts(part, "-u") && str_find_char(part, '=') < 0; /* curl -ueve:... */
    if ((w->of_mysql || w->of_login) && str_starts(part, "-p") && part.n > 2)
        return 2;
    if (call >= 0)
        return (size_t)call + 5;
    for (size_t i = 0; (of_user || names_secret(part)) && i < part.n; i++)
        if (part.p[i] == '=' || part.p[i] == ':')
            return i + 1;
    return part.n;
}

/* Of a part in which no secret is seen: of a probe or hook what stays of it. */
static void add_part(struct record_words *w, struct buf *out, struct str part)
{
    if (!w->command.replace) {
        add_without_user(out, part);
        return;
    }
    struct buf text CLEANUP(buf_done);
    buf_init(&text, GIB);
    add_without_user(&text, part);
    record_command_add(&w->command, out, buf_str(&text));
}

static void add_masked(struct record_words *w, struct buf *out, struct str part, bool is_secret)
{
    bool whole = is_secret && !str_starts(part, "-") && str_find_char(part, '$') < 0 &&
                 str_find(part, "://") < 0;
    size_t cut = whole ? 0 : secret_in(w, part);
    if (cut == part.n) {
        add_part(w, out, part);
        return;
    }
    add_part(w, out, str_sub(part, 0, cut));
    buf_add_cstr(out, "***");
}

static void add_without_secrets(struct record_words *w, struct buf *out, struct str text)
{
    bool is_secret = w->before && awaits_secret(w, w->before->text);
    for (size_t at = 0; at < text.n;) {
        size_t end = at;
        while (end < text.n && !is_blank(text.p[end]))
            end++;
        struct str part = str_sub(text, at, end);
        add_masked(w, out, part, is_secret);
        is_secret = awaits_secret(w, part);
        for (at = end; at < text.n && is_blank(text.p[at]); at++)
            buf_add_char(out, text.p[at]);
    }
}

void record_path(struct buf *out, struct str path)
{
    struct str query, value;
    buf_add_str(out, str_cut(path, '?', &query));
    for (char before = '?'; query.n; before = '&') {
        struct str parameter = str_cut(query, '&', &query);
        struct str name = str_cut(parameter, '=', &value);
        buf_add_char(out, before);
        buf_add_str(out, value.p && names_secret(name) ? name : parameter);
        buf_add_cstr(out, value.p && names_secret(name) ? "=***" : "");
    }
}

/* ---- of command lines ---- */

static bool is_memory_flag(struct str part)
{
    static const char *const jvm[] = {"Heap", "RAM", "Ram", "Memory", "Metaspace", "Container"};
    static const char *const other[] = {"old-space-size", "old_space_size", "semi-space-size",
                                        "nf_conntrack_max="};
    if (str_find(part, "-Xm") >= 0 || str_find(part, "-Xss") >= 0)
        return true;
    return (str_find(part, "-XX:") >= 0 && has_any(part, jvm, ARRAY_LEN(jvm))) ||
           has_any(part, other, ARRAY_LEN(other));
}

static void add_memory_flags(struct buf *out, struct str text)
{
    size_t begun = out->n;
    for (struct str rest = text; rest.n;) {
        struct str part = next_part(&rest);
        if (!is_memory_flag(part))
            continue;
        if (out->n > begun)
            buf_add_char(out, ' ');
        buf_add_str(out, part);
    }
}

/* Options whose values rules read. */
static bool is_read_option(struct str name)
{
    static const char *const options[] = {
        "--max-nodes-total", "--balance-similar-node-groups",     "--quota-backend-bytes",
        "--data-dir",        "--expendable-pods-priority-cutoff", "--skip-nodes-with-system-pods",
        "--config-file",     "--conntrack-max-per-core",          "--conntrack-min",
    };
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (str_is(name, options[i]))
            return true;
    return false;
}

static bool says(const struct doc *words, const char *text)
{
    for (const struct doc *w = words ? words->child : NULL; w; w = w->next)
        if (str_find(w->text, text) >= 0)
            return true;
    return false;
}

static bool has_probe(const struct doc *container)
{
    return doc_get(container, "livenessProbe") || doc_get(container, "readinessProbe") ||
           doc_get(container, "startupProbe");
}

void record_words_init(struct record_words *w, const struct doc *container, const struct doc *words)
{
    *w = (struct record_words){.container = container};
    if (container) {
        w->probed = has_probe(container);
        w->whole = says(doc_get(container, "command"), "systemd-oomd") ||
                   says(doc_get(container, "args"), "systemd-oomd");
    } else {
        w->of_mysql = says(words, "mysql") || says(words, "mariadb");
        w->of_login = says(words, "mongo") || says(words, "cqlsh") || says(words, "ldap") ||
                      says(words, "rabbitmqadmin") || says(words, "sshpass");
    }
}

/* Of a script that switches systemd-oomd on or off: the words by which the rule knows that, each with a
 * blank before it where one stood. */
static void add_of_oomd(struct buf *out, struct str text)
{
    static const char *const words[] = {"systemctl", "systemd-oomd", "enable", "start", "unmask",
                                        "install",   "disable",      "mask",   "stop"};
    for (struct str rest = text; rest.n;) {
        bool begins = rest.p == text.p && !is_blank(rest.p[0]);
        struct str part = next_part(&rest);
        if (is_memory_flag(part)) {
            buf_add_char(out, ' ');
            buf_add_str(out, part);
        }
        for (size_t i = 0; i < ARRAY_LEN(words); i++) {
            bool within = str_is(str_of(words[i]), "mask") && str_find(part, "unmask") >= 0;
            if (within || str_find(part, words[i]) < 0)
                continue;
            if (!begins)
                buf_add_char(out, ' ');
            buf_add_cstr(out, words[i]);
            begins = false;
        }
    }
}

static bool names_own_address(struct str part)
{
    static const char *const words[] = {"listen", "advertise", "bind"};
    return has_any(part, words, ARRAY_LEN(words));
}

/* Letters, dashes and underscores. */
static bool is_option_like(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && s.p[i] != '-' && s.p[i] != '_')
            return false;
    return true;
}

/* "10.0.0.1:80", "https://[::1]:2379", "etcd-0.etcd", and lists of them: nothing else has only these
 * characters and a dot or colon among them. */
static bool is_address(struct str s)
{
    bool ok = str_find_char(s, '.') >= 0 || str_find_char(s, ':') >= 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        ok = ok && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    strchr(".:-_/[],;*$(){}", c) || (c >= 'A' && c <= 'Z'));
    }
    return ok;
}

/* "--listen-client-urls=https://10.0.0.1:2379", "--bind 0.0.0.0", "listen 10.0.0.1:80;": options that
 * name an address of one's own, and the addresses; and memory flags. */
static void add_own_addresses(struct buf *out, struct str text)
{
    size_t begun = out->n;
    bool is_value = false;
    for (struct str rest = text; rest.n;) {
        struct str value, part = next_part(&rest), name = str_cut(part, '=', &value);
        bool names = names_own_address(name) && !names_secret(name) &&
                     (value.p ? is_address(value) : is_option_like(name));
        if (names || (is_value && is_address(part)) || is_memory_flag(part)) {
            if (out->n > begun)
                buf_add_char(out, ' ');
            buf_add_str(out, part);
        }
        is_value = names && !value.p;
    }
}

static void add_of_container(struct record_words *w, struct buf *out, struct str word)
{
    struct str value, name = str_cut(str_trim(word), '=', &value);
    bool is_value =
        w->before && is_read_option(str_trim(w->before->text)) && !str_starts(word, "-");
    bool is_own_value = w->probed && w->before && !str_starts(word, "-") &&
                        names_own_address(w->before->text) && is_address(word);
    if (w->whole)
        add_of_oomd(out, word);
    else if (is_value || is_read_option(name))
        add_without_secrets(w, out, word);
    else if (is_own_value)
        buf_add_str(out, word);
    else if (w->probed && names_own_address(word))
        add_own_addresses(out, word);
    else if (record_is_option(name) && !is_memory_flag(word))
        buf_add_str(out, name);
    else
        add_memory_flags(out, word);
}

/* ---- of environments ---- */

static bool mentions(const struct doc *n, struct str name)
{
    if (n->type == DOC_STRING)
        for (size_t i = 0; i + name.n < n->text.n; i++)
            if (n->text.p[i] == '$' || n->text.p[i] == '{' || n->text.p[i] == '(') {
                size_t at = i + 1;
                if (n->text.n - at >= name.n && memcmp(n->text.p + at, name.p, name.n) == 0)
                    return true;
            }
    for (const struct doc *c = n->type == DOC_SEQ || n->type == DOC_MAP ? n->child : NULL; c;
         c = c->next)
        if (mentions(c, name))
            return true;
    return false;
}

/* A probe asks this host: the variable is read for it. */
static bool is_in_probe(const struct doc *container, struct str name)
{
    static const char *const secret[] = {"pass", "pwd", "token", "secret", "key", "auth", "cred"};
    static const char *const probes[] = {"livenessProbe", "readinessProbe", "startupProbe"};
    if (!name.n || has_any_nocase(name, secret, ARRAY_LEN(secret)))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(probes); i++) {
        const struct doc *p = doc_get(container, probes[i]);
        if (p && mentions(p, name))
            return true;
    }
    return false;
}

bool record_env(struct buf *out, const struct doc *container, const struct doc *variable)
{
    static const char *const runtimes[] = {"JAVA_",      "JDK_", "NODE_OPTIONS",
                                           "GOMEMLIMIT", "GOGC", "OPT"};
    struct str name = doc_text(variable, "name"), value = doc_text(variable, "value");
    if (str_is(name, "ETCD_QUOTA_BACKEND_BYTES") || str_is(name, "GOMEMLIMIT") ||
        str_is(name, "GOGC"))
        buf_add_str(out, value);
    else if (is_in_probe(container, name))
        add_without_user(out, value);
    else if (has_any(name, runtimes, ARRAY_LEN(runtimes))) {
        size_t begun = out->n;
        add_memory_flags(out, value);
        return out->n > begun;
    } else {
        return false;
    }
    return true;
}

void record_words_add(struct record_words *w, struct buf *out, const struct doc *word)
{
    if (w->container)
        add_of_container(w, out, word->text);
    else
        add_without_secrets(w, out, word->text);
    w->before = word;
}
