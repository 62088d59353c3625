/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the commands of exec probes: clients of well-known services and where they find the host.
 * Shell scripts ("sh -c ...") are cut into words and commands without being interpreted: quotes,
 * separators and variables with a literal value are understood, nothing else.
 */
#include "rules/probe_target.h"

enum { MAX_WORDS = 128 };

struct words {
    struct str items[MAX_WORDS];
    size_t count;
};

/* ---- hosts ---- */

static bool is_address(struct str host)
{
    bool digits = false;
    for (size_t i = 0; i < host.n; i++) {
        char ch = host.p[i];
        if (ch == ':')
            return true;
        if (ch != '.' && (ch < '0' || ch > '9'))
            return false;
        digits |= ch != '.';
    }
    return digits;
}

static bool is_local(struct str host)
{
    static const char *const local[] = {"",        "localhost", "localhost.localdomain", "::1",
                                        "0.0.0.0", "::",        "ip6-localhost"};
    for (size_t i = 0; i < ARRAY_LEN(local); i++)
        if (str_is_nocase(host, local[i]))
            return true;
    return str_starts(host, "127.") || str_starts(host, "/");
}

/* "redis://user@[::1]:6379/0" -> "::1" */
static struct str host_of(struct str s)
{
    ptrdiff_t scheme = str_find(s, "://");
    if (scheme >= 0)
        s = str_sub(s, (size_t)scheme + 3, s.n);
    ptrdiff_t path = str_find_char(s, '/');
    if (path > 0 || (path == 0 && scheme >= 0))
        s.n = (size_t)path;
    ptrdiff_t user = str_rfind_char(s, '@');
    if (user >= 0)
        s = str_sub(s, (size_t)user + 1, s.n);
    if (s.n && s.p[0] == '[') {
        ptrdiff_t close = str_find_char(s, ']');
        return close > 0 ? str_sub(s, 1, (size_t)close) : s;
    }
    /* One colon begins a port; more are an IPv6 address. */
    ptrdiff_t colon = str_find_char(s, ':');
    if (colon >= 0 && colon == str_rfind_char(s, ':'))
        s.n = (size_t)colon;
    return s;
}

/* "$HOST", "${HOST:-x}", "$(HOST)" -> "HOST"; absent if it is no variable. */
static struct str variable_of(struct str s)
{
    if (s.n < 2 || s.p[0] != '$')
        return STR_NONE;
    s = str_sub(s, 1, s.n);
    if (s.p[0] == '{' || s.p[0] == '(')
        s = str_sub(s, 1, s.n);
    size_t n = 0;
    while (n < s.n && ((s.p[n] >= 'A' && s.p[n] <= 'Z') || (s.p[n] >= 'a' && s.p[n] <= 'z') ||
                       (s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '_'))
        n++;
    return str_sub(s, 0, n);
}

static bool contains(struct str text, struct str part)
{
    for (size_t i = 0; i + part.n <= text.n; i++)
        if (memcmp(text.p + i, part.p, part.n) == 0)
            return true;
    return false;
}

/* An address that the container itself listens on or advertises, as etcd's and the API server's
 * manifests write out. */
static bool is_own_address(struct str host, const struct str_list *words)
{
    for (size_t i = 0; i < words->count; i++) {
        struct str w = words->items[i];
        if ((str_find(w, "listen") >= 0 || str_find(w, "advertise") >= 0 ||
             str_find(w, "bind") >= 0) &&
            contains(w, host))
            return true;
    }
    return false;
}

static bool is_remote(struct str host, const struct container *k)
{
    struct str name = variable_of(host);
    if (name.p) {
        for (size_t i = 0; i < k->env.count; i++)
            if (str_eq(k->env.items[i].name, name)) {
                struct str value = host_of(k->env.items[i].value);
                return !k->env.items[i].from_source && !is_local(value) &&
                       str_find_char(value, '$') < 0;
            }
        return false;
    }
    /* `hostname -i`, placeholders of a template: unknown. */
    if (str_find_char(host, '`') >= 0 || str_find_char(host, '$') >= 0 ||
        str_find_char(host, '{') >= 0 || str_find_char(host, '<') >= 0)
        return false;
    return !is_local(host) && !is_own_address(host, &k->command) && !is_own_address(host, &k->args);
}

/* ---- words of a script ---- */

static bool is_separator(char ch)
{
    return ch == ';' || ch == '|' || ch == '&' || ch == '\n' || ch == '(' || ch == ')' ||
           ch == '{' || ch == '}' || ch == '<' || ch == '>';
}

static bool is_blank(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\\';
}

static struct str unquoted(struct str w)
{
    if (w.n >= 2 && (w.p[0] == '"' || w.p[0] == '\'') && w.p[w.n - 1] == w.p[0])
        return str_sub(w, 1, w.n - 1);
    return w;
}

/* The end of the word that begins at i: past quotes and $( ), which may hold blanks. */
static size_t word_end(struct str s, size_t i)
{
    char quote = 0;
    int depth = 0;
    for (; i < s.n; i++) {
        char ch = s.p[i];
        if (quote) {
            quote = ch == quote ? 0 : quote;
        } else if (ch == '"' || ch == '\'' || ch == '`') {
            quote = ch;
        } else if (ch == '$' && i + 1 < s.n && (s.p[i + 1] == '(' || s.p[i + 1] == '{')) {
            depth++;
            i++;
        } else if (depth > 0 && (ch == ')' || ch == '}')) {
            depth--;
        } else if (depth == 0 && (is_separator(ch) || is_blank(ch))) {
            break;
        }
    }
    return i;
}

/* A separator becomes a word of its own: ";". */
static void cut(struct str s, struct words *ret)
{
    ret->count = 0;
    for (size_t i = 0; i < s.n && ret->count < MAX_WORDS;) {
        if (is_blank(s.p[i])) {
            i++;
        } else if (is_separator(s.p[i])) {
            ret->items[ret->count++] = STR(";");
            i++;
        } else {
            size_t end = word_end(s, i);
            ret->items[ret->count++] = unquoted(str_sub(s, i, end));
            i = end;
        }
    }
}

/* ---- clients ---- */

enum client_style {
    CLIENT_URL,   /* arguments are URLs or host:port */
    CLIENT_FLAG,  /* the host follows a flag; URLs count too */
    CLIENT_FIRST, /* the first argument is the host */
};
static const struct client {
    const char *name;
    enum client_style style;
    const char *flags[4];    /* before the host */
    const char *local_flags; /* words that make it local: a socket */
    const char *value_flags; /* letters of short options that take a value */
} clients[] = {
    {"curl", CLIENT_URL, {0}, "--unix-socket", "HoXdmuAbcCeEFKQrtTUwxyYzD"},
    {"wget", CLIENT_URL, {0}, NULL, "oOaeitTwQPUABDIXl"},
    {"nc", CLIENT_FIRST, {0}, "-U", "wqisopxXGI"},
    {"ncat", CLIENT_FIRST, {0}, "-U", "wqisopG"},
    {"netcat", CLIENT_FIRST, {0}, "-U", "wqisop"},
    {"telnet", CLIENT_FIRST, {0}, NULL, ""},
    {"ping", CLIENT_FIRST, {0}, NULL, "cwWiIst"},
    {"nslookup", CLIENT_FIRST, {0}, NULL, ""},
    {"psql", CLIENT_FLAG, {"-h", "--host"}, NULL, ""},
    {"pg_isready", CLIENT_FLAG, {"-h", "--host"}, NULL, ""},
    {"mysql", CLIENT_FLAG, {"-h", "--host"}, NULL, ""},
    {"mysqladmin", CLIENT_FLAG, {"-h", "--host"}, NULL, ""},
    {"mariadb", CLIENT_FLAG, {"-h", "--host"}, NULL, ""},
    {"mariadb-admin", CLIENT_FLAG, {"-h", "--host"}, NULL, ""},
    {"redis-cli", CLIENT_FLAG, {"-h", "-u"}, "-s", ""},
    {"valkey-cli", CLIENT_FLAG, {"-h", "-u"}, "-s", ""},
    {"mongosh", CLIENT_FLAG, {"--host"}, NULL, ""},
    {"mongo", CLIENT_FLAG, {"--host"}, NULL, ""},
    {"clickhouse-client", CLIENT_FLAG, {"-h", "--host"}, NULL, ""},
    {"grpc_health_probe", CLIENT_FLAG, {"-addr", "--addr"}, NULL, ""},
    {"grpc-health-probe", CLIENT_FLAG, {"-addr", "--addr"}, NULL, ""},
    {"etcdctl", CLIENT_FLAG, {"--endpoints"}, NULL, ""},
    {"kafka-topics.sh", CLIENT_FLAG, {"--bootstrap-server"}, NULL, ""},
    {"kafka-broker-api-versions.sh", CLIENT_FLAG, {"--bootstrap-server"}, NULL, ""},
    {"ldapsearch", CLIENT_FLAG, {"-H", "-h"}, NULL, ""},
};

static const struct client *client_find(struct str word)
{
    ptrdiff_t slash = str_rfind_char(word, '/');
    struct str name = str_sub(word, (size_t)(slash + 1), word.n);
    for (size_t i = 0; i < ARRAY_LEN(clients); i++)
        if (str_is(name, clients[i].name))
            return &clients[i];
    return NULL;
}

/* The host in a word that may be a flag with its value ("-h db", "-hdb", "--host=db"); absent if it
 * is none. *skip: the next word was the value. */
static struct str flag_value(const struct client *c, struct str word, struct str next, bool *skip)
{
    for (size_t i = 0; i < ARRAY_LEN(c->flags) && c->flags[i]; i++) {
        size_t n = strlen(c->flags[i]);
        if (!str_starts(word, c->flags[i]))
            continue;
        if (word.n == n) {
            *skip = true;
            return next;
        }
        if (word.p[n] == '=')
            return unquoted(str_sub(word, n + 1, word.n));
        if (n == 2)
            return unquoted(str_sub(word, n, word.n));
    }
    return STR_NONE;
}

static bool takes_value(const struct client *c, struct str word)
{
    return word.p && word.n == 2 && word.p[0] == '-' && c->value_flags &&
           strchr(c->value_flags, word.p[1]) != NULL;
}

/* Whether a plain argument of curl or the like names a host. */
static bool looks_like_host(struct str word)
{
    ptrdiff_t colon = str_find_char(word, ':'), slash = str_find_char(word, '/');
    int64_t port;
    struct str rest;
    if (slash == 0)
        return false;
    if (colon > 0) {
        struct str digits = str_cut(str_sub(word, (size_t)colon + 1, word.n), '/', &rest);
        return str_to_int64(digits, &port) == 0;
    }
    return slash > 0 && str_find_char(str_sub(word, 0, (size_t)slash), '.') >= 0;
}

/* The hosts that a command from word i up to its end asks. All must be its own for it to stay
 * local; the first other one is returned. */
static struct str command_host(const struct client *c, const struct words *w, size_t i,
                               const struct container *k)
{
    struct str found = STR_NONE;
    bool first = true;
    for (; i < w->count && !str_is(w->items[i], ";"); i++) {
        struct str word = w->items[i], host = STR_NONE;
        struct str next = i + 1 < w->count ? w->items[i + 1] : STR_NONE;
        bool skip = false;
        if (c->local_flags && str_is(word, c->local_flags))
            return STR_NONE;
        if (c->style == CLIENT_FLAG)
            host = flag_value(c, word, next, &skip);
        if (!host.p && str_find(word, "://") > 0 && !str_starts(word, "-"))
            host = word;
        else if (!host.p && c->style != CLIENT_FLAG && !str_starts(word, "-")) {
            if (c->style == CLIENT_FIRST ? first : looks_like_host(word))
                host = word;
            else if (c->style == CLIENT_FIRST && is_local(host_of(word)))
                return STR_NONE; /* nslookup NAME SERVER: it is the server that is asked */
            first = false;
        }
        if (host.p && !found.p && is_remote(host_of(host), k))
            found = host_of(host);
        if (skip || takes_value(c, word))
            i++;
    }
    return found;
}

/* bash's /dev/tcp/HOST/PORT */
static struct str dev_tcp_host(struct str word)
{
    struct str rest;
    ptrdiff_t at = str_find(word, "/dev/tcp/");
    if (at < 0)
        return STR_NONE;
    return str_cut(str_sub(word, (size_t)at + 9, word.n), '/', &rest);
}

static struct probe_target words_target(const struct words *w, const struct container *k)
{
    for (size_t i = 0; i < w->count; i++) {
        struct str host = dev_tcp_host(w->items[i]);
        if (host.p && is_remote(host, k))
            return (struct probe_target){true, host, STR("/dev/tcp")};
        bool begins = i == 0 || !str_starts(w->items[i - 1], "-");
        const struct client *c = begins ? client_find(w->items[i]) : NULL;
        if (!c)
            continue;
        host = command_host(c, w, i + 1, k);
        if (host.p)
            return (struct probe_target){true, host, str_of(c->name)};
    }
    return (struct probe_target){0};
}

static struct probe_target exec_target(const struct str_list *command, const struct container *k)
{
    struct words w = {.count = 0};
    for (size_t i = 0; i < command->count; i++) {
        /* A word with blanks is a script ("sh -c ..."), or one argument that does not matter. */
        struct str word = command->items[i];
        bool script = i > 0 && str_starts(command->items[i - 1], "-") &&
                      str_ends(command->items[i - 1], "c") && !client_find(command->items[0]);
        if (script) {
            struct words inner;
            cut(word, &inner);
            struct probe_target t = words_target(&inner, k);
            if (t.remote)
                return t;
        } else if (w.count < MAX_WORDS) {
            w.items[w.count++] = word;
        }
    }
    return words_target(&w, k);
}

struct probe_target probe_target_of(const struct handler *h, const struct container *k,
                                    bool host_network)
{
    if (h->type == HANDLER_EXEC)
        return exec_target(&h->command, k);
    if ((h->type != HANDLER_HTTP && h->type != HANDLER_TCP) || !h->host.v.p)
        return (struct probe_target){0};
    struct str host = host_of(h->host.v);
    /* The pod's address is then the node's: its own address may be written out. */
    if (!is_remote(host, k) || (host_network && is_address(host)))
        return (struct probe_target){0};
    return (struct probe_target){.remote = true, .host = h->host.v};
}
