# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a server: one function for each fault, for proxy.Proxy.

FAULTS is the table that docs/live-faults.md shows: what plimsoll must do with it stands in
test_faults.py.
"""
import asyncio
import json
import random
import zlib

from proxy import framed

HALF_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: appli"
NOISE = random.Random(4).randbytes(4096)  # the same ones each time
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"


def status(code, reason, message, **more):
    return json.dumps({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                       "message": message, "reason": reason, "code": code, **more}).encode()


async def silence(x):
    await asyncio.sleep(3600)


async def delay(x):
    await asyncio.sleep(2)
    await x.pass_on()


async def close_at_once(x):
    return "close"


async def half_head(x):
    await x.send(HALF_HEAD)
    return "close"


async def half_head_then_silence(x):
    await x.send(HALF_HEAD)
    await asyncio.sleep(3600)


async def cut_body(x):
    """Half of what Content-Length promises, then the connection ends."""
    head, body = await x.fetch()
    await x.send(framed(head, body) + body[:len(body) // 2])
    return "close"


async def cut_chunk(x):
    """A chunked answer that ends in the middle of a chunk."""
    head, body = await x.fetch()
    half = len(body) // 2
    await x.send(head[:-2] + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % len(body)
                 + body[:half])
    return "close"


async def reset_body(x):
    """Half of the answer, then a TCP reset."""
    head, body = await x.fetch()
    await x.send(framed(head, body) + body[:len(body) // 2])
    await asyncio.sleep(0.2)
    x.writer.transport.abort()
    return "close"


async def silent_body(x):
    """Half of the answer, then nothing more; the connection stays."""
    head, body = await x.fetch()
    await x.send(framed(head, body) + body[:len(body) // 2])
    await asyncio.sleep(3600)


async def trickle(x):
    """One byte of the answer a second."""
    head, body = await x.fetch()
    for byte in framed(head, body) + body:
        await x.send(bytes([byte]))
        await asyncio.sleep(1)


async def garbage(x):
    """Random bytes instead of HTTP."""
    await x.send(NOISE)
    return "close"


async def garbage_body(x):
    """Random bytes that are called JSON."""
    await x.answer("200 OK", NOISE)


async def escape_body(x):
    """An error whose message wants to write to the terminal."""
    await x.answer("500 Internal Server Error", status(
        500, "InternalError", "\x1b[2J\x1b]0;owned\x07 all is well\r\n\u202eetalp"))


async def truncated_json(x):
    """Complete HTTP, half of the JSON."""
    head, body = await x.fetch()
    body = body[:len(body) // 2]
    await x.send(framed(head, body) + body)


async def deep_json(x):
    """A hundred thousand brackets."""
    await x.answer("200 OK", b'{"kind":"PodList","apiVersion":"v1","metadata":{},"items":'
                   + b"[" * 100000)


async def other_kind(x):
    """An object that nobody asked for."""
    await x.answer("200 OK", b'{"kind":"Status","apiVersion":"v1","status":"Success"}')


async def nul_list(x):
    """A list without items, as some aggregated servers answer."""
    await x.answer("200 OK", b'{"kind":"PodList","apiVersion":"v1","metadata":{},"items":null}')


TOO_MANY = status(429, "TooManyRequests", "please try again later")


async def slow_down_once(x):
    """429 with Retry-After: 1, the first time only."""
    if x.number:
        return await x.pass_on()
    await x.answer("429 Too Many Requests", TOO_MANY, ["Retry-After: 1"])


async def slow_down(x):
    """429 with Retry-After: 1, for ever."""
    await x.answer("429 Too Many Requests", TOO_MANY, ["Retry-After: 1"])


async def slow_down_a_day(x):
    """429 with Retry-After: 86400."""
    await x.answer("429 Too Many Requests", TOO_MANY, ["Retry-After: 86400"])


async def internal_error(x):
    await x.answer("500 Internal Server Error",
                   status(500, "InternalError", "etcdserver: request timed out"))


async def unavailable(x):
    """503 of a load balancer: no JSON."""
    await x.answer("503 Service Unavailable", b"no healthy upstream", content_type="text/plain")


async def unauthorized(x):
    await x.answer("401 Unauthorized", status(401, "Unauthorized", "Unauthorized"))


async def login_page(x):
    """200 with HTML: a proxy that wants a login."""
    await x.answer("200 OK", LOGIN_PAGE, content_type="text/html; charset=utf-8")


async def redirect(x):
    await x.answer("302 Found", b"", ["Location: https://sso.example.com/login"], "text/html")


async def no_content_type(x):
    """A real answer that is called text."""
    _, body = await x.fetch()
    await x.answer("200 OK", body, content_type="text/plain")


async def protobuf(x):
    await x.answer("200 OK", b"k8s\x00\n\r\n\x02v1\x12\x07PodList",
                   content_type="application/vnd.kubernetes.protobuf")


GZIP_HEAD = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
             b"Transfer-Encoding: chunked\r\n\r\n")
LIST_HEAD = b'{"kind":"PodList","apiVersion":"v1","metadata":{},"items":['


async def inflate_to(x, begin, filler, mebibytes):
    """A gzip stream that becomes very large: one block of a mebibyte, again and again."""
    z = zlib.compressobj(9, zlib.DEFLATED, 31)
    begun = z.compress(begin) + z.flush(zlib.Z_FULL_FLUSH)
    block = z.compress(filler * (1 << 20)) + z.flush(zlib.Z_FULL_FLUSH)
    await x.send(GZIP_HEAD + b"%x\r\n" % len(begun) + begun + b"\r\n")
    for _ in range(mebibytes):
        await x.send(b"%x\r\n" % len(block) + block + b"\r\n")
    return "close"


async def gzip_bomb(x):
    """10 MiB that become 10 GiB of spaces in a list."""
    return await inflate_to(x, LIST_HEAD, b" ", 10 << 10)


async def gzip_string_bomb(x):
    """4 MiB that become one name of 4 GiB."""
    return await inflate_to(x, LIST_HEAD + b'{"metadata":{"name":"', b"a", 4 << 10)


async def bad_gzip(x):
    """Called gzip, and is not."""
    await x.answer("200 OK", b"not compressed at all", ["Content-Encoding: gzip"])


async def huge_head(x):
    """One header of 4 MiB."""
    await x.send(b"HTTP/1.1 200 OK\r\nX-Padding: " + b"a" * (4 << 20) + b"\r\n\r\n{}")
    return "close"


async def endless_head(x):
    """Headers for ever."""
    await x.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await x.send(b"X-More: yes\r\n" * 1000)
        await asyncio.sleep(0)


async def two_lengths(x):
    """Two contradicting Content-Length headers, as request smuggling has them."""
    await x.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                 b"Content-Length: 5\r\n\r\n{}   ")
    return "close"


async def expired_once(x):
    """410 for the second page, once; then as it should be."""
    if "continue=" in x.target and not x.proxy.__dict__.pop("spared", False):
        x.proxy.spared = True
        return await x.answer("410 Gone", EXPIRED)
    await x.pass_on()


async def expired_always(x):
    """410 for every second page."""
    if "continue=" in x.target:
        return await x.answer("410 Gone", EXPIRED)
    await x.pass_on()


async def same_page(x):
    """Every page is the first one, with a continue token: a list without an end."""
    target = x.target.encode()
    x.head = x.head.replace(target, target.split(b"&continue=")[0], 1)
    await x.pass_on()


EXPIRED = status(410, "Expired", "The provided continue parameter is too old to display a "
                 "consistent list result. You can start a new list without the continue parameter.")


async def http2_only(x):
    """What a server without HTTP/1.1 sends to a client that speaks it: SETTINGS and GOAWAY."""
    await x.send(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
                 b"\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0d")
    return "close"


async def plain_http(reader, writer):
    """Instead of TLS."""
    await reader.read(100)
    writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\n"
                 b"Client sent an HTTP request to an HTTPS server.\n")
    await writer.drain()
    writer.close()
