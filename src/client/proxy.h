/* SPDX-License-Identifier: Apache-2.0
 *
 * Which proxy stands between us and a server: the kubeconfig's proxy-url, else $HTTPS_PROXY,
 * $HTTP_PROXY and $NO_PROXY as Go reads them (golang.org/x/net/http/httpproxy).
 */
#ifndef CLIENT_PROXY_H
#define CLIENT_PROXY_H

#include "base/arena.h"
#include "base/url.h"

enum proxy_kind { PROXY_NONE, PROXY_HTTP, PROXY_HTTPS, PROXY_SOCKS5 };

struct proxy {
    enum proxy_kind kind;
    struct str host;
    uint16_t port;
    struct str user, password; /* decoded; absent: none */
    struct str name;           /* for messages, without password: "proxy p:3128 ($HTTPS_PROXY)" */
};

struct proxy_env {
    struct str https_proxy, http_proxy, no_proxy;
};
void proxy_env_init(struct proxy_env *env);

/* The texts of *ret live in a. proxy_url: of the kubeconfig, or absent. -EINVAL: a proxy's URL is
 * none. */
int proxy_choose(struct str proxy_url, const struct proxy_env *env, const struct url *server,
                 struct arena *a, struct proxy *ret, struct err *e) MUST_USE;
/* Whether $NO_PROXY, localhost and loopback addresses keep this server from being proxied. */
bool proxy_is_bypassed(struct str no_proxy, struct str host, uint16_t port);

#endif
