# SPDX-License-Identifier: Apache-2.0
"""The cases about proxies between us and the server."""
import base64
import select
import socket
import struct

from cases import GET, HTTP, HTTPS, LIST, always, answer, check, need_localhost, tls
from servers import Server, context

USER = "Basic " + base64.b64encode(b"eve:CANARY@1").decode()


def pump(a, b):
    """Carries bytes both ways until one side ends."""
    while True:
        pending = [s for s in (a, b) if hasattr(s, "pending") and s.pending()]
        ready = pending or select.select([a, b], [], [], 10)[0]
        for s in ready:
            part = s.recv(65536)
            if not part:
                return
            (b if s is a else a).sendall(part)


def connect_proxy(refuse=None, user=None):
    def talk(server, connection, _):
        line, headers, _ = server.request(connection)
        if refuse:
            return connection.sendall(f"HTTP/1.1 {refuse}\r\nContent-Length: 0\r\n\r\n".encode())
        if user and headers.get("proxy-authorization") != user:
            return connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        host, port = line.split()[1].rsplit(":", 1)
        far = socket.create_connection(("127.0.0.1", int(port)))
        connection.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: 1\r\n\r\n")
        pump(connection, far)
    return talk


def socks_proxy(code=0, user=None):
    def exactly(connection, n):
        text = b""
        while len(text) < n:
            text += connection.recv(n - len(text))
        return text

    def talk(server, connection, _):
        count = exactly(connection, 2)[1]
        methods = exactly(connection, count)
        if user:
            check(2 in methods, str(methods))
            connection.sendall(b"\5\2")
            name = exactly(connection, exactly(connection, 2)[1])
            password = exactly(connection, exactly(connection, 1)[0])
            good = (name + b":" + password).decode() == user
            connection.sendall(b"\1\0" if good else b"\1\1")
            if not good:
                return
        else:
            connection.sendall(b"\5\0" if 0 in methods else b"\5\xff")
        kind = exactly(connection, 4)[3]
        check(kind == 3, str(kind))
        host = exactly(connection, exactly(connection, 1)[0])
        port = struct.unpack(">H", exactly(connection, 2))[0]
        server.requests.append((host, port))
        connection.sendall(b"\5" + bytes([code]) + b"\0\1\0\0\0\0\0\0")
        if code == 0:
            pump(connection, socket.create_connection(("127.0.0.1", port)))
    return talk


def through(b, proxy, url, **cluster):
    server = b.add(Server(always(answer()), context=context(b.certs, "good")))
    cluster.setdefault("tls-server-name", "kubernetes.default")
    b.config(f"https://far.example:{server.port}", **{"proxy-url": url, **cluster})
    return server


def case_proxy_connect(b):
    proxy = b.add(Server(connect_proxy()))
    server = through(b, proxy, f"http://127.0.0.1:{proxy.port}")
    out, _ = b.good("GET", "/a", "/b")
    check(out == LIST.decode() * 2 and proxy.count == 1, f"{proxy.count} connections")
    check(proxy.requests[0][0] == f"CONNECT far.example:{server.port} HTTP/1.1" and
          "authorization" not in proxy.requests[0][1], str(proxy.requests))


def case_proxy_with_user(b):
    proxy = b.add(Server(connect_proxy(user=USER)))
    through(b, proxy, f"http://eve:CANARY%401@127.0.0.1:{proxy.port}")
    b.good("-v", *GET)
    through(b, proxy, f"http://eve:CANARY2@127.0.0.1:{proxy.port}")
    b.bad("GET https://far.example:PORT/api/v1/pods: proxy 127.0.0.1:PORT (proxy-url of the "
          "kubeconfig): it wants a user and password (407): put them into its URL [EACCES]", *GET)


def case_proxy_speaks_for_the_server(b):
    """What a proxy sends ahead is never an answer of the server behind TLS."""
    def talk(server, connection, _):
        line, _, _ = server.request(connection)
        far = socket.create_connection(("127.0.0.1", int(line.split()[1].rsplit(":", 1)[1])))
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n" + answer(b'{"forged":1}'))
        pump(connection, far)
    proxy = b.add(Server(talk))
    through(b, proxy, f"http://127.0.0.1:{proxy.port}")
    b.bad("GET https://far.example:PORT/api/v1/pods: proxy 127.0.0.1:PORT (proxy-url of the "
          "kubeconfig): it sends more than its answer before the server was asked [EBADMSG]", *GET)


def case_proxy_tls(b):
    need_localhost()
    proxy = b.add(Server(connect_proxy(user=USER), context=context(b.certs, "good")))
    through(b, proxy, f"https://eve:CANARY%401@localhost:{proxy.port}")
    out, _ = b.good("-v", *GET)
    check(out == LIST.decode(), out)
    proxy = b.add(Server(connect_proxy(), context=context(b.certs, "expired")))
    through(b, proxy, f"https://localhost:{proxy.port}")
    b.bad("GET https://far.example:PORT/api/v1/pods: proxy localhost:PORT (proxy-url of the "
          "kubeconfig): the server's certificate is not valid: it expired on 2021-02-03T04:05:06Z, "
          "and it is ANYZ here [EKEYREJECTED]", *GET)


def case_proxy_socks(b):
    proxy = b.add(Server(socks_proxy()))
    server = through(b, proxy, f"socks5://127.0.0.1:{proxy.port}")
    b.good(*GET)
    check(proxy.requests == [(b"far.example", server.port)], str(proxy.requests))
    proxy = b.add(Server(socks_proxy(user="eve:CANARY@1")))
    through(b, proxy, f"socks5h://eve:CANARY%401@127.0.0.1:{proxy.port}")
    b.good(*GET)
    through(b, proxy, f"socks5://eve:CANARY@127.0.0.1:{proxy.port}")
    b.bad("GET https://far.example:PORT/api/v1/pods: proxy 127.0.0.1:PORT (proxy-url of the "
          "kubeconfig): it refuses its user or password [EACCES]", *GET)
    proxy = b.add(Server(socks_proxy(code=5)))
    through(b, proxy, f"socks5://127.0.0.1:{proxy.port}")
    b.bad("GET https://far.example:PORT/api/v1/pods: proxy 127.0.0.1:PORT (proxy-url of the "
          "kubeconfig): the server refused its connection [EIO]", *GET)


def case_proxy_faults(b):
    dead = b.add(Server(always(answer())))
    dead.close()
    where = "GET https://far.example:PORT/api/v1/pods: proxy 127.0.0.1:PORT (proxy-url of the kubeconfig): "
    through(b, dead, f"http://127.0.0.1:{dead.port}")
    b.bad(where + "connection refused (127.0.0.1:PORT) [ECONNREFUSED]", *GET)
    proxy = b.add(Server(connect_proxy(refuse="503 No")))
    through(b, proxy, f"http://127.0.0.1:{proxy.port}")
    b.bad(where + "it answered CONNECT with 503 [EIO]", *GET)
    proxy = b.add(Server(lambda s, c, n: s.request(c)))
    through(b, proxy, f"http://127.0.0.1:{proxy.port}")
    b.bad(where + "it ended the connection [ECONNRESET]", *GET)
    through(b, proxy, f"ftp://eve:CANARY@127.0.0.1:{proxy.port}")
    b.bad("proxy-url of the kubeconfig: a proxy's URL begins with http://, https:// or socks5://, not "
          "ftp:// [EINVAL]", *GET)


def case_proxy_of_environment(b):
    proxy = b.add(Server(connect_proxy()))
    server = b.add(Server(always(answer()), context=context(b.certs, "good")))
    url = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
    b.config(server)
    b.good(*GET, env=url)
    check(proxy.count == 0, "loopback addresses are never proxied")
    b.config(f"https://kubernetes.default:{server.port}")
    b.good(*GET, env=url)
    b.good(*GET, env={"https_proxy": f"127.0.0.1:{proxy.port}"})
    check(proxy.count == 2, f"{proxy.count} connections")
    for no_proxy in ("*", "default", ".default", f"x,kubernetes.default:{server.port}"):
        code, _, _ = b.run(*GET, env={**url, "NO_PROXY": no_proxy})
        check(code == 2 and proxy.count == 2, f"NO_PROXY={no_proxy} is not honoured")
    b.good(*GET, env={**url, "NO_PROXY": "fault,kubernetes.default:1,10.0.0.0/8"})
    check(proxy.count == 3, f"{proxy.count} connections")


def case_credentials_stay_off_plain_http(b):
    proxy = b.add(Server(always(answer())))
    for user in ({"token": "CANARY"}, {"username": "eve", "password": "CANARY"}):
        b.config("http://far.example", user=user)
        _, said = b.good(*GET, env={"HTTP_PROXY": f"http://127.0.0.1:{proxy.port}"})
        check("authorization" not in proxy.requests[-1][1], str(proxy.requests))
        check("no credentials are sent to far.example" in said, said)


def case_proxy_plain_http(b):
    """Without TLS the proxy is asked itself, with the whole URL."""
    proxy = b.add(Server(always(answer())))
    b.config("http://far.example/prefix")
    b.good(*GET, env={"HTTP_PROXY": f"http://eve:CANARY%401@127.0.0.1:{proxy.port}"})
    line, headers, _ = proxy.requests[0]
    check(line == "GET http://far.example/prefix/api/v1/pods HTTP/1.1" and
          headers["host"] == "far.example" and headers["proxy-authorization"] == USER,
          str(proxy.requests))
