# SPDX-License-Identifier: Apache-2.0
"""A proxy between a client and the API server that does one thing wrong.

It speaks TLS to both sides, passes requests on with their token, and spoils the answers that its
fault names. A fault is a function of one exchange; faults.py lists them.
"""
import asyncio
import re
import ssl
import threading

HEAD_MOST = 1 << 20


class Exchange:
    """One request with the connection that it came on."""

    def __init__(self, proxy, reader, writer, head, body):
        self.proxy, self.reader, self.writer = proxy, reader, writer
        self.head, self.body = head, body
        self.method, self.target = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")[:2]
        self.number = 0  # how many requests the fault has seen before this one

    async def fetch(self):
        """(head, body) of the real answer, unframed, as it came from the API server."""
        reader, writer = await asyncio.open_connection(*self.proxy.upstream,
                                                       ssl=self.proxy.client_tls)
        try:
            head = re.sub(rb"(?im)^connection:.*\r\n", b"", self.head)
            writer.write(head[:-2] + b"Connection: close\r\n\r\n" + self.body)
            await writer.drain()
            got = await reader.readuntil(b"\r\n\r\n")
            body = await reader.read(-1)
            if re.search(rb"(?im)^transfer-encoding: *chunked", got):
                body = unchunk(body)
            got = re.sub(rb"(?im)^(transfer-encoding|content-length|connection):.*\r\n", b"", got)
            return got, body
        finally:
            writer.close()

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, status, body=b"", headers=(), content_type="application/json"):
        words = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}",
                 f"Content-Length: {len(body)}", *headers]
        await self.send("\r\n".join(words).encode() + b"\r\n\r\n" + body)

    async def pass_on(self, change=lambda body: body):
        head, body = await self.fetch()
        body = change(body)
        await self.send(framed(head, body) + body)


def framed(head, body):
    return head[:-2] + f"Content-Length: {len(body)}\r\n\r\n".encode()


def unchunk(data):
    out = b""
    while data:
        size, _, rest = data.partition(b"\r\n")
        count = int(size.split(b";")[0], 16)
        out, data = out + rest[:count], rest[count + 2:]
        if not count:
            break
    return out


class Proxy:
    """Serves in a thread of its own until it is left. `fault` may be changed between runs."""

    def __init__(self, plane, certificate=None, alpn=("http/1.1",)):
        """certificate: (crt, key) when not one that is right for 127.0.0.1."""
        self.upstream = ("127.0.0.1", plane.port)
        self.client_tls = ssl.create_default_context(cafile=plane.authority.certificate)
        crt, key = certificate or plane.authority.issue("proxy", "/CN=proxy")
        self.server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server_tls.load_cert_chain(crt, key)
        self.server_tls.set_alpn_protocols(list(alpn))
        self.fault, self.pattern, self.seen, self.requests = None, b"", 0, []
        self.on_connect = None  # instead of TLS: a function of (reader, writer)
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.tasks = set()

    def set(self, fault=None, pattern=""):
        """The fault meets requests whose path the pattern finds; the rest is passed on."""
        self.fault, self.pattern, self.seen, self.requests = fault, pattern, 0, []

    def __enter__(self):
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        self.ready.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def run(self):
        asyncio.set_event_loop(self.loop)

        async def listen():
            server = await asyncio.start_server(
                self.on_connect or self.serve, "127.0.0.1", 0, limit=HEAD_MOST,
                ssl=None if self.on_connect else self.server_tls)
            self.port = server.sockets[0].getsockname()[1]
            self.url = f"https://127.0.0.1:{self.port}"
            return server
        server = self.loop.run_until_complete(listen())
        self.ready.set()
        self.loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0.05))
        self.loop.close()

    async def serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?im)^content-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                x = Exchange(self, reader, writer, head, body)
                self.requests.append(f"{x.method} {x.target}")
                if self.fault and re.search(self.pattern, x.target):
                    x.number, self.seen = self.seen, self.seen + 1
                    if await self.fault(x) == "close":
                        return
                else:
                    await x.pass_on()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError, ssl.SSLError):
            pass  # hung up, or the test is over
        finally:
            writer.close()
