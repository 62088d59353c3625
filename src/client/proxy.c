/* SPDX-License-Identifier: Apache-2.0
 *
 * The choice of a proxy (golang.org/x/net/http/httpproxy/proxy.go).
 */
#include "client/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

static struct str getenv_any(const char *name, const char *other)
{
    const char *value = getenv(name);
    return str_of(value && *value ? value : getenv(other));
}

void proxy_env_init(struct proxy_env *env)
{
    *env = (struct proxy_env){
        .https_proxy = getenv_any("HTTPS_PROXY", "https_proxy"),
        .http_proxy = getenv_any("HTTP_PROXY", "http_proxy"),
        .no_proxy = getenv_any("NO_PROXY", "no_proxy"),
    };
}

/* ---- $NO_PROXY ---- */

/* An address as 16 bytes; IPv4 in its mapped form, as Go keeps them. */
static bool parse_address(struct str s, unsigned char ret[16])
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    char text[INET6_ADDRSTRLEN];
    if (s.n >= sizeof(text))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    memcpy(ret, mapped, sizeof(mapped));
    return inet_pton(AF_INET, text, ret + 12) == 1 || inet_pton(AF_INET6, text, ret) == 1;
}

static bool is_loopback(const unsigned char address[16])
{
    static const unsigned char v6[16] = {[15] = 1}, mapped[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(address, v6, 16) == 0 || (memcmp(address, mapped, 12) == 0 && address[12] == 127);
}

/* "10.0.0.0/8" or "fd00::/8". */
static bool is_in_network(struct str network, const unsigned char address[16])
{
    struct str bits_text;
    unsigned char base[16];
    int64_t bits;
    struct str base_text = str_cut(network, '/', &bits_text);
    if (!bits_text.p || !parse_address(base_text, base) || str_to_int64(bits_text, &bits) < 0)
        return false;
    if (str_find_char(base_text, ':') < 0)
        bits += 96;
    if (bits < 0 || bits > 128)
        return false;
    for (int i = 0; i < bits; i++) {
        unsigned mask = 0x80U >> (i % 8);
        if ((base[i / 8] & mask) != (address[i / 8] & mask))
            return false;
    }
    return true;
}

/* Cuts ":port" off; the brackets of an IPv6 address go, too. */
static struct str cut_port(struct str s, struct str *ret_port)
{
    ptrdiff_t colon = str_rfind_char(s, ':');
    bool several = colon >= 0 && str_find_char(s, ':') != colon;
    bool bracket = s.n && s.p[0] == '[';
    *ret_port = STR_NONE;
    if (colon >= 0 && (!several || (bracket && s.p[colon - 1] == ']'))) {
        *ret_port = str_sub(s, (size_t)colon + 1, s.n);
        s = str_sub(s, 0, (size_t)colon);
    }
    if (bracket && s.n > 1 && s.p[s.n - 1] == ']')
        s = str_sub(s, 1, s.n - 1);
    return s;
}

static bool ends_nocase(struct str s, struct str suffix)
{
    if (suffix.n > s.n)
        return false;
    for (size_t i = 0; i < suffix.n; i++) {
        char a = s.p[s.n - suffix.n + i], b = suffix.p[i];
        if (a >= 'A' && a <= 'Z')
            a = (char)(a | 0x20);
        if (b >= 'A' && b <= 'Z')
            b = (char)(b | 0x20);
        if (a != b)
            return false;
    }
    return true;
}

/* "example.com" is itself and all below it, ".example.com" and "*.example.com" only below. */
static bool is_in_domain(struct str host, struct str domain)
{
    if (str_starts(domain, "*."))
        domain = str_sub(domain, 1, domain.n);
    if (str_empty(domain) || !ends_nocase(host, domain))
        return false;
    if (host.n == domain.n)
        return domain.p[0] != '.';
    return domain.p[0] == '.' || host.p[host.n - domain.n - 1] == '.';
}

static bool entry_matches(struct str entry, struct str host, uint16_t port,
                          const unsigned char *address)
{
    struct str entry_port;
    unsigned char entry_address[16];
    int64_t n;
    if (str_is(entry, "*"))
        return true;
    if (str_find_char(entry, '/') >= 0)
        return address && is_in_network(entry, address);
    struct str name = cut_port(entry, &entry_port);
    if (entry_port.n && (str_to_int64(entry_port, &n) < 0 || n != port))
        return false;
    /* Go knows no address in brackets unless a port follows them. */
    bool is_address = parse_address(name, entry_address) && (entry_port.p || name.n == entry.n);
    if (is_address)
        return address && memcmp(entry_address, address, 16) == 0;
    return !address && is_in_domain(host, name);
}

bool proxy_is_bypassed(struct str no_proxy, struct str host, uint16_t port)
{
    unsigned char room[16];
    const unsigned char *address = parse_address(host, room) ? room : NULL;
    if (str_is(host, "localhost") || (address && is_loopback(address)))
        return true;
    while (no_proxy.p && no_proxy.n) {
        struct str entry = str_trim(str_cut(no_proxy, ',', &no_proxy));
        if (entry.n && entry_matches(entry, host, port, address))
            return true;
    }
    return false;
}

/* ---- the proxy ---- */

static struct str decode(struct arena *a, struct str s)
{
    struct buf text CLEANUP(buf_done);
    buf_init(&text, KIB * 4);
    url_add_unescaped(&text, s);
    return arena_str(a, buf_str(&text));
}

static int use(struct str text, const char *origin, struct arena *a, struct proxy *ret,
               struct err *e)
{
    static const struct {
        const char *scheme;
        enum proxy_kind kind;
        uint16_t port;
    } kinds[] = {
        {"http", PROXY_HTTP, 80},
        {"https", PROXY_HTTPS, 443},
        {"socks5", PROXY_SOCKS5, 1080},
        {"socks5h", PROXY_SOCKS5, 1080},
    };
    struct url u;
    /* Go takes "proxy:3128" for a proxy that speaks HTTP. */
    if (str_find(text, "://") < 0)
        text = arena_printf(a, "http://" STR_FMT, STR_ARG(text));
    int r = url_parse(text, &u, e);
    if (r < 0)
        return err_wrap(e, "%s", origin);
    for (size_t i = 0; i < ARRAY_LEN(kinds) && !ret->kind; i++)
        if (str_is_nocase(u.scheme, kinds[i].scheme)) {
            ret->kind = kinds[i].kind;
            ret->port = u.port ? u.port : kinds[i].port;
        }
    if (!ret->kind)
        return err_set(e, EINVAL,
                       "%s: a proxy's URL begins with http://, https:// or socks5://, not " STR_FMT
                       "://",
                       origin, STR_ARG(u.scheme));
    struct str password;
    ret->host = arena_str(a, u.host);
    if (u.user_info.n) {
        ret->user = decode(a, str_cut(u.user_info, ':', &password));
        ret->password = password.p ? decode(a, password) : STR("");
    }
    ret->name = arena_printf(a, "proxy " STR_FMT ":%u (%s)", STR_ARG(ret->host), ret->port, origin);
    return 0;
}

int proxy_choose(struct str proxy_url, const struct proxy_env *env, const struct url *server,
                 struct arena *a, struct proxy *ret, struct err *e)
{
    bool tls = str_is_nocase(server->scheme, "https");
    uint16_t port = server->port ? server->port : tls ? 443 : 80;
    *ret = (struct proxy){0};
    if (proxy_url.n)
        return use(proxy_url, "proxy-url of the kubeconfig", a, ret, e);
    struct str text = tls ? env->https_proxy : env->http_proxy;
    if (str_empty(text) || proxy_is_bypassed(env->no_proxy, server->host, port))
        return 0;
    return use(text, tls ? "$HTTPS_PROXY" : "$HTTP_PROXY", a, ret, e);
}
