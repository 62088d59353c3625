/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks for hosts where rules/probe_target.c looks for them; the rest goes through model/redact.c.
 */
#include "model/record_command.h"

bool record_is_option(struct str s)
{
    if (!str_starts(s, "--") || s.n < 3 || s.n > 64)
        return false;
    for (size_t i = 2; i < s.n; i++)
        if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-')
            return false;
    return true;
}

static bool is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

static bool is_host_char(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || is_digit(ch) ||
           (ch != 0 && strchr(".-_", ch));
}

/* How much of s, from its beginning, is a host and perhaps its port: "db", "[::1]:6379". */
static size_t host_length(struct str s)
{
    size_t at = 0, port;
    if (s.n && s.p[0] == '[') {
        ptrdiff_t close = str_find_char(s, ']');
        at = close > 0 ? (size_t)close + 1 : 0;
    }
    while (at < s.n && is_host_char(s.p[at]))
        at++;
    for (port = at + 1; at > 0 && port < s.n && s.p[at] == ':' && is_digit(s.p[port]); port++)
        ;
    return port > at + 1 ? port : at;
}

static bool is_variable(const struct doc *container, struct str name)
{
    const struct doc *env = container ? doc_get(container, "env") : NULL;
    for (const struct doc *v = env ? env->child : NULL; v; v = v->next)
        if (v->type == DOC_MAP && str_eq(doc_text(v, "name"), name))
            return true;
    return false;
}

/* "$HOST", "${HOST" and "$(HOST" of a variable that the container has; else 0. */
static size_t variable_length(const struct record_command *c, struct str s)
{
    size_t from = 1, to;
    if (s.n < 2 || s.p[0] != '$')
        return 0;
    from += s.p[1] == '{' || s.p[1] == '(';
    for (to = from; to < s.n && is_host_char(s.p[to]) && s.p[to] != '.' && s.p[to] != '-'; to++)
        ;
    return is_variable(c->container, str_sub(s, from, to)) ? to : 0;
}

/* Words replaced; variables stay. */
static void add_words(const struct record_command *c, struct buf *out, struct str s)
{
    size_t begun = 0;
    for (size_t at = 0; at < s.n;) {
        size_t n = variable_length(c, str_sub(s, at, s.n));
        if (n == 0) {
            at++;
            continue;
        }
        redact_add(c->replace, out, str_sub(s, begun, at));
        buf_add_str(out, str_sub(s, at, at + n));
        begun = at += n;
    }
    redact_add(c->replace, out, str_sub(s, begun, s.n));
}

/* The name of an option stays. */
static void add_option(const struct record_command *c, struct buf *out, struct str s)
{
    struct str value, name = str_cut(s, '=', &value);
    size_t kept = record_is_option(name) ? name.n : 0;
    buf_add_str(out, str_sub(s, 0, kept));
    add_words(c, out, str_sub(s, kept, s.n));
}

/* A host at `at`, words before and behind it. */
static void add_host_at(const struct record_command *c, struct buf *out, struct str s, size_t at)
{
    size_t n = host_length(str_sub(s, at, s.n));
    add_words(c, out, str_sub(s, 0, at));
    buf_add_str(out, str_sub(s, at, at + n));
    add_words(c, out, str_sub(s, at + n, s.n));
}

static bool is_one_of(struct str s, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(s, words[i]))
            return true;
    return false;
}

/* Options of clients that a host follows, or stands in behind "=". */
static bool is_host_option(struct str s)
{
    static const char *const options[] = {"-h",     "--host",      "-addr",
                                          "--addr", "--endpoints", "--bootstrap-server"};
    return is_one_of(s, options, ARRAY_LEN(options));
}

/* Programs whose plain arguments are hosts, and that are not given passwords as such. */
static bool is_host_client(struct str s)
{
    static const char *const clients[] = {"nc",   "ncat",     "netcat", "telnet",
                                          "ping", "nslookup", "curl",   "wget"};
    ptrdiff_t slash = str_rfind_char(s, '/');
    return is_one_of(str_sub(s, (size_t)(slash + 1), s.n), clients, ARRAY_LEN(clients));
}

/* "orders.shop.svc/healthz", "db" of nc: small letters, digits, dots and dashes. */
static bool is_bare_host(struct str s)
{
    size_t n = 0;
    while (n < s.n && is_host_char(s.p[n]) && s.p[n] != '_' && !(s.p[n] >= 'A' && s.p[n] <= 'Z'))
        n++;
    return n > 0 && s.p[0] != '-' && (n == s.n || s.p[n] == ':' || s.p[n] == '/');
}

/* "db:5432": a port tells. */
static bool has_port(struct str s)
{
    ptrdiff_t colon = str_find_char(s, ':');
    return colon > 0 && is_bare_host(s) && (size_t)colon + 1 < s.n && is_digit(s.p[colon + 1]);
}

/* Where in a part a host begins; -1: nowhere. */
static ptrdiff_t host_in(const struct record_command *c, struct str s)
{
    ptrdiff_t scheme = str_find(s, "://"), equals = str_find_char(s, '=');
    ptrdiff_t device = str_find(s, "/dev/tcp/");
    if (scheme >= 0)
        return scheme + 3;
    if (device >= 0)
        return device + 9;
    if (equals > 0 && is_host_option(str_sub(s, 0, (size_t)equals)))
        return equals + 1;
    if (str_starts(s, "-h") && s.n > 2)
        return 2;
    bool plain = c->names_host || has_port(s) || (c->asks_host && is_bare_host(s));
    return plain && !str_starts(s, "-") ? 0 : -1;
}

/* Quotes and brackets around a part, and separators behind it, are no part of the host. */
static size_t edge_length(struct str s)
{
    size_t n = 0;
    while (n < s.n && strchr("\"'`({;|&<>", s.p[n]))
        n++;
    return n;
}

void record_command_add(struct record_command *c, struct buf *out, struct str part)
{
    size_t edge = edge_length(part);
    struct str s = str_sub(part, edge, part.n);
    buf_add_str(out, str_sub(part, 0, edge));
    ptrdiff_t at = host_in(c, s);
    if (at < 0)
        add_option(c, out, s);
    else
        add_host_at(c, out, s, (size_t)at);
    bool ends = s.n == 0 || strchr(";|&)}", s.p[s.n - 1]) != NULL;
    c->asks_host = !ends && (is_host_client(s) || (c->asks_host && edge == 0));
    c->names_host = !ends && is_host_option(s);
}
