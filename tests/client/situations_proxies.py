# SPDX-License-Identifier: Apache-2.0
"""Situations of against_kubectl.py: proxies."""
from situation import ALL, given, situation


def far(b, host="far.example", env=None, cluster=None, **more):
    b.config(b.cluster(server=b.url(host=host), **{"tls-server-name": "kubernetes.default", **(cluster or {})}))
    return given(env={k: v.replace("PROXY", b.url("proxy")) for k, v in (env or {}).items()}, **more)


@situation
def proxy_url(b):
    return far(b, cluster={"proxy-url": b.url("proxy")})


@situation
def proxy_url_for_loopback(b):
    return far(b, "127.0.0.1", cluster={"proxy-url": b.url("proxy")})


@situation
def proxy_url_over_no_proxy(b):
    return far(b, env={"NO_PROXY": "*", "HTTPS_PROXY": "http://127.0.0.1:1"},
               cluster={"proxy-url": b.url("proxy")})


@situation
def proxy_url_with_user(b):
    return far(b, cluster={"proxy-url": b.url("proxy").replace("//", "//e%40ve:p%3Aw@")})


@situation
def proxy_url_tls(b):
    return far(b, cluster={"proxy-url": b.url("tls_proxy", "localhost")})._replace(
        env={"SSL_CERT_FILE": b.cert("ca.pem")})


@situation
def proxy_url_without_scheme(b):
    return far(b, cluster={"proxy-url": b.url("proxy")[7:]})


@situation
def proxy_url_of_another_scheme(b):
    return far(b, cluster={"proxy-url": "ftp://127.0.0.1:1"})._replace(says="proxy")


@situation
def environment_proxy(b):
    return far(b, env={"HTTPS_PROXY": "PROXY"})


@situation
def environment_proxy_lower_case(b):
    return far(b, env={"https_proxy": "PROXY"})


@situation
def environment_proxy_upper_first(b):
    return far(b, env={"https_proxy": "http://127.0.0.1:1", "HTTPS_PROXY": "PROXY"})


@situation
def environment_proxy_without_scheme(b):
    return far(b, env={"HTTPS_PROXY": b.url("proxy")[7:]})


@situation
def environment_proxy_for_all_is_unknown(b):
    return far(b, "127.0.0.1", env={"ALL_PROXY": "http://127.0.0.1:1", "all_proxy": "http://127.0.0.1:1"})


@situation
def environment_proxy_not_for_loopback(b):
    return far(b, "127.0.0.1", env={"HTTPS_PROXY": "http://127.0.0.1:1"})


@situation
def environment_proxy_not_for_loopback_elsewhere(b):
    return far(b, "127.0.0.2", env={"HTTPS_PROXY": "PROXY"})


@situation
def environment_proxy_plain(b):
    b.config(b.cluster("plain", server=b.url("plain", "far.example"), **{"certificate-authority": None}))
    return given(env={"HTTP_PROXY": b.url("proxy")})


@situation
def environment_proxy_nonsense(b):
    return far(b, env={"HTTPS_PROXY": "ftp://127.0.0.1:1"})


# The name, $NO_PROXY.
for number, (host, no) in enumerate([
        ("far.example", "far.example"), ("far.example", "example"), ("far.example", ".example"),
        ("a.far.example", "far.example"), ("a.far.example", "*.far.example"), ("far.example", "*.far.example"),
        ("xfar.example", "far.example"), ("FAR.example", "far.EXAMPLE"), ("far.example", "x, far.example"),
        ("far.example", "x far.example"), ("far.example", "*"), ("far.example", "*,x"),
        ("far.example", "far.example:1"), ("far.example", "far.example:PORT"), ("far.example", ".example:PORT"),
        ("far.example", "http://far.example"), ("far.example", "far.example."), ("far.example", "*example"),
        ("192.0.2.7", "192.0.2.7"), ("192.0.2.7", "192.0.2.0/24"), ("192.0.2.7", "192.0.2."),
        ("192.0.2.7", "192.0.2.0/33"), ("192.0.2.7", "192.0.2.7:PORT"), ("192.0.2.7", ".0.2.7"),
        ("192.0.2.7", "2.7"), ("192.0.2.7", "::ffff:192.0.2.0/120"), ("192.0.2.7", "192.0.2.8,192.0.2.7"),
        ("[2001:db8::7]", "2001:db8::7"), ("[2001:db8::7]", "[2001:db8::7]"),
        ("[2001:db8::7]", "[2001:db8::7]:PORT"), ("[2001:db8::7]", "2001:db8::/32"),
        ("[2001:db8::7]", "2001:db8:0::0007"), ("far.example", ""), ("far.example", ",,")]):
    def no_proxy(b, host=host, no=no):
        no = no.replace("PORT", str(b.servers.a.port))
        # Who goes past the proxy meets nobody, at once.
        return far(b, host, env={"HTTPS_PROXY": "PROXY", "NO_PROXY": no})._replace(
            options=("--request-timeout", "2s"))
    ALL[f"no_proxy_{number}_{host}_{no or 'empty'}"] = no_proxy
