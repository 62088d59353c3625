# SPDX-License-Identifier: Apache-2.0
"""The cases of tests/client/run.py: one function each, its name after case_."""
import gzip
import json
import os
import socket
import ssl
import threading
import time

from servers import Server, context


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failed(what)


def need_localhost():
    try:
        socket.getaddrinfo("localhost", None)
    except socket.gaierror as e:
        raise Skipped(f"this machine does not know localhost ({e.strerror})") from None


LIST = b'{"kind":"PodList","apiVersion":"v1","items":[]}'


def answer(body=LIST, status="200 OK", kind="application/json", more=""):
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def status_of(code, reason, message, **details):
    return json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
                       "reason": reason, "message": message, "details": details}).encode()


def always(*answers):
    """A server that gives these answers in turn, the last one for ever."""
    def talk(server, connection, _):
        while server.request(connection):
            connection.sendall(answers[min(len(server.requests), len(answers)) - 1])
    return talk


def plain(b, talk, **more):
    server = b.add(Server(talk, **more))
    b.config(server)
    return server


def tls(b, name, talk=None, cluster=None, user=None, **more):
    server = b.add(Server(talk or always(answer()), context=context(b.certs, name, **more)))
    b.config(server, user=user, **(cluster or {}))
    return server


HTTP = "GET http://127.0.0.1:PORT/api/v1/pods: "
HTTPS = "GET https://127.0.0.1:PORT/api/v1/pods: "
GET = ("GET", "/api/v1/pods")

# ---- TLS ----


def case_tls_good(b):
    server = tls(b, "good")
    out, said = b.good("-v", *GET, "/api/v1/nodes?limit=500")
    check(out == LIST.decode() * 2, out)
    check(server.count == 1, f"{server.count} connections for two requests")
    check("trace: GET https://127.0.0.1:" in said and "/api/v1/nodes?limit=500: 200 OK in " in said
          and ", 47 bytes" not in said and " bytes" in said, said)


def case_tls_expired(b):
    tls(b, "expired")
    b.bad(HTTPS + "the server's certificate is not valid: it expired on 2021-02-03T04:05:06Z, and "
          "it is ANYZ here [EKEYREJECTED]", *GET)


def case_tls_early(b):
    tls(b, "early")
    b.bad(HTTPS + "the server's certificate is not valid: it begins on 2039-01-01T00:00:00Z, and "
          "it is ANYZ here [EKEYREJECTED]", *GET)


def case_tls_wrong_name(b):
    tls(b, "wrong")
    b.bad(HTTPS + "the server's certificate is not for 127.0.0.1 but for api.example.com, "
          "*.example.org, 10.0.0.1 [EKEYREJECTED]", *GET)


def case_tls_nameless(b):
    tls(b, "nameless")
    b.bad(HTTPS + "the server's certificate names no host at all, so it is not for 127.0.0.1 "
          "[EKEYREJECTED]", *GET)


def case_tls_server_name(b):
    tls(b, "wrong", cluster={"tls-server-name": "api.example.com"})
    b.good(*GET)


def case_tls_unknown_authority(b):
    tls(b, "good", cluster={"certificate-authority": b.cert("ca2.pem")})
    b.bad(HTTPS + "the server's certificate is signed by \"bench-ca\", an authority that is not in "
          + b.cert("ca2.pem") + " [EKEYREJECTED]", *GET)


def case_tls_self_signed(b):
    tls(b, "self")
    b.bad(HTTPS + "the server's certificate is signed by itself, and " + b.cert("ca.pem")
          + " does not hold it [EKEYREJECTED]", *GET)


def case_tls_self_signed_trusted(b):
    tls(b, "self", cluster={"certificate-authority": b.cert("self.pem")})
    b.good(*GET)


def case_tls_machine_authorities(b):
    tls(b, "good", cluster={"certificate-authority": ""})
    b.good(*GET, env={"SSL_CERT_FILE": b.cert("ca.pem")})
    b.bad(HTTPS + "the server's certificate is signed by \"bench-ca\", an authority that is not in "
          + b.cert("ca2.pem") + " [EKEYREJECTED]", *GET, env={"SSL_CERT_FILE": b.cert("ca2.pem")})


def case_tls_insecure(b):
    server = tls(b, "wrong", cluster={"insecure-skip-tls-verify": True})
    _, said = b.good(*GET, *GET[1:])
    check(said == f"trace: the certificate of https://127.0.0.1:{server.port} is not verified "
          "(insecure-skip-tls-verify): anybody in between can read along and lie\n", said)


def case_tls_too_old(b):
    tls(b, "good", most=ssl.TLSVersion.TLSv1_1, least=ssl.TLSVersion.TLSv1)
    b.bad(HTTPS + "TLS: the server speaks no TLS 1.2 or later [EPROTO]", *GET)


def case_tls_12(b):
    tls(b, "good", most=ssl.TLSVersion.TLSv1_2)
    b.good(*GET)


def case_tls_plain_server(b):
    server = b.add(Server(lambda s, c, n: (c.recv(1000), c.sendall(
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent..."))))
    b.config(f"https://127.0.0.1:{server.port}")
    b.bad(HTTPS + "TLS: the server does not speak TLS: does its URL begin with http://? [EPROTO]",
          *GET)


def case_tls_spoken_to_plainly(b):
    plain(b, lambda s, c, n: (s.request(c), c.sendall(
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")))
    b.bad(HTTP + "the server answered 400 Bad Request: Client sent an HTTP request to an HTTPS "
          "server. [EINVAL]", *GET)


def case_tls_silent(b):
    server = b.add(Server(lambda s, c, n: time.sleep(8)))
    b.config(f"https://127.0.0.1:{server.port}")
    b.bad(HTTPS + "no answer to TLS in time [ETIMEDOUT]", "--timeout", "1s", *GET, most=3)


def case_tls_ends_at_once(b):
    server = b.add(Server(lambda s, c, n: c.recv(10000)))
    b.config(f"https://127.0.0.1:{server.port}")
    b.bad(HTTPS + "TLS: the server ended the connection [ECONNRESET]", *GET)


def case_tls_cut_without_goodbye(b):
    def talk(server, connection, _):
        server.request(connection)
        connection.sendall(answer()[:-10])
        os.close(os.dup(connection.fileno()))
        socket.socket(fileno=connection.detach()).close()
    tls(b, "good", talk)
    b.bad(HTTPS + "the answer broke off after 37 bytes: the connection ended [ECONNRESET]", *GET)


def case_client_certificate(b):
    names = {}

    def talk(server, connection, _):
        names["peer"] = str(connection.getpeercert()["subject"])
        always(answer())(server, connection, _)
    tls(b, "good", talk, client_ca="ca",
        user={"client-certificate": b.cert("client.pem"), "client-key": b.cert("client.key")})
    b.good(*GET)
    check("alice" in names["peer"], str(names))


def case_client_certificate_missing(b):
    tls(b, "good", client_ca="ca")
    b.bad(HTTPS + "TLS: the server wants a client certificate, and the kubeconfig has none [EPROTO]",
          *GET)


def case_client_certificate_refused(b):
    tls(b, "good", client_ca="ca",
        user={"client-certificate": b.cert("client2.pem"), "client-key": b.cert("client2.key")})
    b.bad(HTTPS + "the server refuses our client certificate: its authority is not known there "
          "[EKEYREJECTED]", *GET)


def case_client_certificate_expired(b):
    user = {"client-certificate": b.cert("clientold.pem"), "client-key": b.cert("clientold.key")}
    tls(b, "good", client_ca="ca", user=user)
    b.bad(HTTPS + "the server refuses our client certificate: it has expired (it ended on "
          "2021-02-03T04:05:06Z) [EKEYREJECTED]", *GET)
    tls(b, "good", always(answer(status_of(401, "Unauthorized", "Unauthorized"), "401 X")),
        user=user)
    b.bad(HTTPS + "the server answered 401 Unauthorized: Unauthorized (our client certificate "
          "expired on 2021-02-03T04:05:06Z) [EACCES]", *GET)


def case_client_key_of_another(b):
    tls(b, "good",
        user={"client-certificate": b.cert("client.pem"), "client-key": b.cert("good.key")})
    b.bad(HTTPS + b.cert("client.pem") + ": certificate and key do not belong together [EINVAL]",
          *GET)


def case_authority_file_missing(b):
    tls(b, "good", cluster={"certificate-authority": "/nowhere/ca.pem"})
    b.bad("/nowhere/ca.pem: certificate-authority: No such file or directory "
          "[ENOENT]", *GET)


def case_authority_file_is_no_pem(b):
    tls(b, "good", cluster={"certificate-authority": b.cert("good.key")})
    b.bad(HTTPS + b.cert("good.key") + ": there is no PEM certificate in it [EINVAL]", *GET)


# ---- connections ----

def case_refused(b):
    server = b.add(Server(always(answer())))
    b.config(server)
    server.close()
    b.bad(HTTP + "no connection: connection refused (127.0.0.1:PORT) [ECONNREFUSED]", *GET)


def case_no_such_host(b):
    b.config("http://no-such-host.invalid:1")
    b.bad("GET http://no-such-host.invalid:1/api/v1/pods: no connection: ANY\"no-such-host.invalid\"ANY",
          "--timeout", "3s", *GET, most=5)


def case_ipv6(b):
    try:
        server = b.add(Server(always(answer()), family=socket.AF_INET6))
    except OSError:
        return
    b.config(f"http://[::1]:{server.port}")
    b.good(*GET)
    check(server.requests[0][1]["host"] == f"[::1]:{server.port}", str(server.requests))


def case_no_listener_answers(b):
    """A full accept queue: the connection is never made."""
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(0)
    others = []
    for _ in range(4):
        o = socket.socket()
        o.setblocking(False)
        o.connect_ex(s.getsockname())
        others.append(o)
    b.config(f"http://127.0.0.1:{s.getsockname()[1]}")
    b.bad(HTTP + "no connection: no answer in time (127.0.0.1:PORT) [ETIMEDOUT]", "--timeout", "1s",
          *GET, most=3)


def case_silent(b):
    plain(b, lambda s, c, n: (s.request(c), time.sleep(8)))
    b.bad(HTTP + "no answer within 700 ms [ETIMEDOUT]", "--head", "700ms", *GET, most=3)
    b.bad(HTTP + "no answer within 1.5 s [ETIMEDOUT]", "--timeout", "1500ms", *GET, most=3)


def case_ends_without_answer(b):
    server = plain(b, lambda s, c, n: s.request(c))
    b.bad(HTTP + "the connection ended before an answer came [ECONNRESET]", *GET)
    check(server.count == 1, "a fresh connection that dies is not tried again")


def case_kept_connection_dies(b):
    def talk(server, connection, number):
        server.request(connection)
        connection.sendall(answer())
        if number == 1:
            server.request(connection)  # read, never answered
            return
        while server.request(connection):
            connection.sendall(answer())
    server = plain(b, talk)
    out, _ = b.good("GET", "/a", "/b", "/c")
    check(out == LIST.decode() * 3 and server.count == 2, f"{server.count} connections")


def case_kept_connection_dies_under_a_write(b):
    def talk(server, connection, number):
        server.request(connection)
        connection.sendall(answer())
        if number == 1:
            server.request(connection)
    server = plain(b, talk)
    code, _, said = b.run("--body", "{}", "POST", "/a", "/b")
    check(code == 2 and server.count == 1 and "error: POST http://127.0.0.1:" in said and
          "the connection ended before an answer came [ECONNRESET]" in said, said)


def case_closed_while_idle(b):
    def talk(server, connection, _):
        server.request(connection)
        connection.sendall(answer())
    server = plain(b, talk)
    b.good("--pause", "300ms", "--body", "{}", "POST", "/a", "/b")
    check(server.count == 2, f"{server.count} connections")


def case_connection_close(b):
    server = plain(b, always(answer(more="Connection: close\r\n")))
    b.good("GET", "/a", "/b")
    check(server.count == 2, f"{server.count} connections")


# ---- answers ----

def case_garbage(b):
    plain(b, lambda s, c, n: (s.request(c), c.sendall(b"\x1b[31mSSH-2.0-OpenSSH_9.2\r\n")))
    b.bad(HTTP + "the answer is no HTTP: it begins with \"\\x1b[31mSSH-2.0-OpenSSH_9.2\" [EBADMSG]",
          *GET)


def case_http2_only(b):
    frames = bytes.fromhex("000012040000000000000300000064000400100000000600004000")
    plain(b, lambda s, c, n: (s.request(c), c.sendall(frames)))
    b.bad(HTTP + "the server speaks HTTP/2 only; HTTP/1.1 is needed [EBADMSG]", *GET)


def case_cut_in_head(b):
    plain(b, lambda s, c, n: (s.request(c), c.sendall(b"HTTP/1.1 200 OK\r\nContent-Ty")))
    b.bad(HTTP + "the connection ended in the middle of the answer [ECONNRESET]", *GET)


def case_cut_in_body(b):
    plain(b, lambda s, c, n: (s.request(c), c.sendall(answer()[:-7])))
    b.bad(HTTP + "the answer broke off after 40 bytes: the connection ended [ECONNRESET]", *GET)


def case_cut_in_chunk(b):
    plain(b, lambda s, c, n: (s.request(c), c.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\n{\"a\":\r\n6\r\n1")))
    b.bad(HTTP + "the answer broke off after 6 bytes: the connection ended [ECONNRESET]", *GET)


def case_stops_in_body(b):
    plain(b, lambda s, c, n: (s.request(c), c.sendall(answer()[:-7]), time.sleep(8)))
    b.bad(HTTP + "the answer stopped after 40 bytes: nothing more within 600 ms [ETIMEDOUT]",
          "--idle", "600ms", *GET, most=3)


def case_one_byte_at_a_time(b):
    def talk(server, connection, _):
        server.request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.1)
    plain(b, talk)
    b.bad(HTTP + "the answer was not complete within 2 s (ANY bytes had come) [ETIME]", "--timeout",
          "2", "--idle", "5s", *GET, most=4)
    b.bad(HTTP + "the answer comes too slowly: ANY bytes within 1 s [ETIMEDOUT]", "--idle", "1s", *GET,
          most=4)


def case_error_one_byte_at_a_time(b):
    def talk(server, connection, _):
        server.request(connection)
        connection.sendall(b"HTTP/1.1 500 X\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            connection.sendall(b"x")
            time.sleep(0.2)
    plain(b, talk)
    b.bad(HTTP + "the server answered 500 Internal Server Error: ANYx [EIO]", *GET, most=7)


def case_several_addresses(b):
    """localhost is ::1 and 127.0.0.1 where the machine says so; only one of them listens."""
    need_localhost()
    server = b.add(Server(always(answer())))
    b.config(f"http://localhost:{server.port}")
    b.good(*GET)
    server.close()
    code, _, said = b.run(*GET)
    check(code == 2 and "connection refused (" in said and "127.0.0.1:" in said, said)


def case_endless_head(b):
    def talk(server, connection, _):
        server.request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-Header: 0123456789\r\n" * 100)
    plain(b, talk)
    b.bad(HTTP + "the answer is no HTTP: more than 64 KiB of headers [EBADMSG]", *GET)


def packed(body, more=""):
    return answer(body, more="Content-Encoding: gzip\r\n" + more)


def case_gzip(b):
    body = json.dumps({"items": [{"n": i} for i in range(50000)]}).encode()
    server = plain(b, always(packed(gzip.compress(body))))
    out, said = b.good("-v", *GET)
    check(out == body.decode(), "another body")
    check(server.requests[0][1]["accept-encoding"] == "gzip", str(server.requests))
    check(f", unpacked {len(body):,}" in said, said)


def case_gzip_members(b):
    plain(b, always(packed(gzip.compress(LIST[:9]) + gzip.compress(LIST[9:]))))
    check(b.good(*GET)[0] == LIST.decode(), "another body")


def case_gzip_bomb(b):
    bomb = gzip.compress(bytes(64 << 20), 6)
    plain(b, always(packed(bomb)))
    b.bad(HTTP + "the answer unpacks to more than 250 times its size [EBADMSG]", *GET, most=5)


def case_gzip_garbage(b):
    plain(b, always(packed(LIST)))
    b.bad(HTTP + "the answer is no gzip although it says so: incorrect header check [EBADMSG]", *GET)


def case_gzip_cut(b):
    body = json.dumps({"items": [{"n": i} for i in range(5000)]}).encode()
    plain(b, always(packed(gzip.compress(body)[:-20])))
    b.bad(HTTP + "the answer broke off after ANY bytes: the connection ended [ECONNRESET]", *GET)


def case_other_encoding(b):
    plain(b, always(answer(more="Content-Encoding: br\r\n")))
    b.bad(HTTP + "the answer is packed as \"br\", which was not asked for [EBADMSG]", *GET)


def case_wrong_content_type(b):
    plain(b, always(answer(b"<html>hello</html>", kind="text/html; charset=utf-8")))
    said = b.bad(HTTP + "the answer is text/html; charset=utf-8, not JSON: this is no API server, or a "
                 "proxy stands in between [EBADMSG]", "-v", *GET)
    check(said.count("trace: ") == 1 and ": 200 OK in " in said, said)
    b.good("--accept", "text/plain", *GET)


def case_redirect(b):
    other = b.add(Server(always(answer())))
    plain(b, always(answer(b"", "302 Found", more=f"Location: http://127.0.0.1:{other.port}/\r\n")))
    b.bad(HTTP + "the server answered 302 Found: a redirect, which is not followed; is the server's "
          "URL right? [EREMOTE]", *GET)
    check(other.count == 0, "the redirect was followed")


def case_statuses(b):
    for code, words, error in ((401, "Unauthorized", "EACCES"), (403, "Forbidden", "EPERM"),
                               (404, "Not Found", "ENOENT"), (409, "Conflict", "EEXIST"),
                               (410, "Gone", "ESTALE"), (422, "Unprocessable Entity", "EINVAL"),
                               (429, "Too Many Requests", "EAGAIN"),
                               (500, "Internal Server Error", "EIO"),
                               (503, "Service Unavailable", "EIO")):
        plain(b, always(answer(status_of(code, "R", "pods is bad: \x07 User \"eve\""),
                               f"{code} whatever")))
        b.bad(HTTP + f"the server answered {code} {words}: pods is bad: \\x07 User \"eve\" [{error}]",
              *GET)


def case_error_as_text(b):
    plain(b, always(answer(b"upstream connect error\nmore", "503 X", kind="text/plain")))
    b.bad(HTTP + "the server answered 503 Service Unavailable: upstream connect error [EIO]", *GET)
    plain(b, always(answer(b"\n<html>", "502 X", kind="text/html")))
    b.bad(HTTP + "the server answered 502 Bad Gateway: an HTML page, so this is no API server or a "
          "proxy stands in between [EIO]", *GET)


def case_error_without_end(b):
    plain(b, lambda s, c, n: (s.request(c), c.sendall(
        b"HTTP/1.1 500 X\r\nContent-Length: 100\r\nContent-Type: text/plain\r\n\r\nhalf of it"),
        time.sleep(15)))
    b.bad(HTTP + "the server answered 500 Internal Server Error: half of it [EIO]", *GET, most=8)


def case_retry_after(b):
    busy = answer(status_of(429, "TooManyRequests", "busy"), "429 X", more="Retry-After: 1\r\n")
    server = plain(b, always(busy, answer(b"", "503 X", more="Retry-After: 0\r\n"), answer()))
    begun = time.monotonic()
    b.good("-v", *GET)
    check(len(server.requests) == 3 and time.monotonic() - begun > 1, str(server.requests))


def case_retry_after_too_long(b):
    busy = answer(status_of(429, "TooManyRequests", "busy"), "429 X", more="Retry-After: 7200\r\n")
    server = plain(b, always(busy))
    b.bad(HTTP + "the server answered 429 Too Many Requests: busy; it asks to come back after 7200 s "
          "[EAGAIN]", *GET, most=2)
    b.bad(HTTP + "the server answered 429 Too Many Requests: busy [EAGAIN]", "--no-retry", *GET)
    check(len(server.requests) == 2, str(server.requests))


def case_retry_after_for_ever(b):
    busy = answer(status_of(429, "TooManyRequests", "busy"), "429 X", more="Retry-After: 1\r\n")
    server = plain(b, always(busy))
    b.bad(HTTP + "the server answered 429 Too Many Requests: busy; it asks to come back after 1 s "
          "[EAGAIN]", "--timeout", "3s", *GET, most=5)
    check(2 <= len(server.requests) <= 3, str(len(server.requests)))


def case_early_refusal_of_a_large_body(b):
    def talk(server, connection, _):
        connection.recv(100)
        connection.sendall(answer(b"too large", "413 X", kind="text/plain",
                                  more="Connection: close\r\n"))
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.3)
    plain(b, talk)
    code, _, said = b.run("--body", "x" * 100000, "POST", "/a")
    check(code == 2 and "the server answered 413 Request Entity Too Large: too large" in said, said)


def case_warning(b):
    plain(b, always(answer(more='Warning: 299 - "policy/v1beta1 is \x1b deprecated"\r\n')
                    .replace(b"\x1b", b"\xc2\x9b")))
    _, said = b.good(*GET, *GET[1:])
    check(said == "trace: the server warns: policy/v1beta1 is \\x9b deprecated\n", repr(said))


def case_stream(b):
    def talk(server, connection, _):
        server.request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n6\r\n{1}\n{2\r\n")
        time.sleep(0.8)
        connection.sendall(b"2\r\n}\n\r\n0\r\n\r\n")
    plain(b, talk)
    out, said = b.good("--stream", "-v", *GET)
    check(": 200 OK in " in said and said.endswith(" ms, open\n"), said)
    check(out == "{1}\n{2(nothing for 500 ms)\n}\n", repr(out))


def case_upgrade(b):
    def talk(server, connection, _):
        server.request(connection)
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                           b"Connection: Upgrade\r\n\r\nraw\0")
        time.sleep(0.2)
        connection.sendall(b"bytes")
    server = plain(b, talk)
    out, _ = b.good("--stream", "--upgrade", "websocket", *GET)
    check(out == "raw\0bytes", repr(out))
    check(server.requests[0][1]["upgrade"] == "websocket", str(server.requests))
    plain(b, always(answer()))
    b.bad(HTTP + "the server answered 200 where it should switch to websocket [EBADMSG]", "--stream",
          "--upgrade", "websocket", *GET)


def case_path_of_server(b):
    server = b.add(Server(always(answer())))
    b.config(f"http://127.0.0.1:{server.port}/k8s/clusters/c-1/")
    b.good("GET", "/api/v1/pods?limit=5")
    check(server.requests[0][0] == "GET /k8s/clusters/c-1/api/v1/pods?limit=5 HTTP/1.1",
          str(server.requests))


def case_another_server(b):
    plain(b, always(answer()))
    kubelet = b.add(Server(always(answer()), context=context(b.certs, "wrong")))
    url = f"https://127.0.0.1:{kubelet.port}"
    b.config("https://127.0.0.1:1", user={"token": "CANARY"})
    b.bad("GET " + url + "/stats/summary: the server's certificate is not for 127.0.0.1 but for "
          "api.example.com, *.example.org, 10.0.0.1 [EKEYREJECTED]", "--to", url, "GET",
          "/stats/summary")
    _, said = b.good("--to", url, "--to-insecure", "GET", "/stats/summary")
    check(kubelet.requests[0][1]["authorization"] == "Bearer CANARY", str(kubelet.requests))
    check(f"the certificate of {url} is not verified" in said, said)


def case_memory_fails(b):
    """OpenSSL's allocations are ours: whichever fails, nothing else is said but that."""
    user = {"client-certificate": b.cert("client.pem"), "client-key": b.cert("client.key")}
    tls(b, "good", always(packed(gzip.compress(LIST))), user=user, client_ca="ca")
    quiet = {"ASAN_OPTIONS": "detect_leaks=0"}
    b.good(*GET, env={**quiet, "PLIMSOLL_COUNT_ALLOC": b.path("count")})
    with open(b.path("count"), encoding="ascii") as f:
        count = int(f.read())
    seen = set()
    for n in list(range(1, 12)) + list(range(12, count, count // 25)):
        for sticky in ("", "+"):
            code, out, said = b.run(*GET, env={**quiet, "PLIMSOLL_FAIL_ALLOC": f"{n}{sticky}"})
            check((code == 70 and said == "error: out of memory [ENOMEM]\n") or
                  (code == 0 and out == LIST.decode()), f"{n}{sticky}: {code} {said}")
            seen.add(code)
    check(seen == {0, 70}, str(seen))


def case_side_by_side(b):
    """At most four connections for any number of threads, and the rate limit holds for all together."""
    at_once, most, lock = [0], [0], threading.Lock()

    def talk(server, connection, _):
        while server.request(connection):
            with lock:
                at_once[0] += 1
                most[0] = max(most[0], at_once[0])
            time.sleep(0.02)
            with lock:
                at_once[0] -= 1
            connection.sendall(answer())
    server = tls(b, "good", talk)
    begun = time.monotonic()
    out, _ = b.good("--parallel", "--burst", "25", "GET", *["/a"] * 50)
    check(out == LIST.decode() * 50, out)
    check(2 <= most[0] <= 4 and server.count <= 4, f"{most[0]} at once, {server.count} connections")
    check(time.monotonic() - begun > 0.4, "50 requests are more than the burst of 25")
