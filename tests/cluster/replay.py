# SPDX-License-Identifier: Apache-2.0
"""Records the answers of a real API server, and serves them again: the same bytes to the same
paths, over TLS, by a process that does next to nothing else. For sizes at which the API server
itself would be what is measured.
"""
import gzip
import json
import os
import socketserver
import ssl
import threading
import urllib.parse

from certificates import Authority
from control_plane import KUBECONFIG, base64_of


def following(path, continued):
    """The path of the next page."""
    parts = urllib.parse.urlsplit(path)
    query = [(k, v) for k, v in urllib.parse.parse_qsl(parts.query) if k != "continue"]
    return parts.path + "?" + urllib.parse.urlencode([*query, ("continue", continued)])


def record(api, paths, folder):
    """The pages of these lists. Tokens differ from run to run, so pages are followed here."""
    bodies = os.path.join(folder, "bodies")
    os.makedirs(bodies, exist_ok=True)
    index = {}
    for path in [p for p in dict.fromkeys(paths) if "continue=" not in p]:
        while path:
            status, headers, body = api.raw("GET", path, headers={"Accept-Encoding": "gzip"})
            if status != 200:
                break
            zipped = headers.get("Content-Encoding") == "gzip"
            plain = json.loads(gzip.decompress(body) if zipped else body)
            name = f"{len(index):05d}.json.gz"
            with open(os.path.join(bodies, name), "wb") as f:
                f.write(body if zipped else gzip.compress(body, 1))
            index[path] = name
            continued = plain.get("metadata", {}).get("continue")
            path = following(path, continued) if continued else None
    with open(os.path.join(folder, "index.json"), "w", encoding="utf-8") as f:
        json.dump(index, f, indent=1)
    return len(index)


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            self.request.do_handshake()
            while line := self.rfile.readline():
                path = line.split()[1].decode()
                while self.rfile.readline() not in (b"\r\n", b""):
                    pass
                self.answer(path)
        except (OSError, IndexError):
            pass

    def answer(self, path):
        name = self.server.index.get(path)
        if not name:
            body = b'{"kind":"Status","apiVersion":"v1","status":"Failure","code":404}'
            self.wfile.write(b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"
                             b"Content-Length: %d\r\n\r\n" % len(body) + body)
            return
        with open(os.path.join(self.server.bodies, name), "rb") as f:
            body = f.read()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                         b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body))
        self.wfile.write(body)


class Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, *_):
        """A client that hangs up is no matter."""


class Server:
    """Serves a folder that record() has written; a context manager."""

    def __init__(self, folder):
        authority = Authority(os.path.join(folder, "pki"))
        pair = authority.issue("server", "/CN=server")
        client = authority.issue("client", "/CN=client")
        self.listener = Listener(("127.0.0.1", 0), Handler)
        with open(os.path.join(folder, "index.json"), encoding="utf-8") as f:
            self.listener.index = json.load(f)
        self.listener.bodies = os.path.join(folder, "bodies")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*pair)
        self.listener.socket = tls.wrap_socket(self.listener.socket, server_side=True,
                                               do_handshake_on_connect=False)
        self.kubeconfig = os.path.join(folder, "kubeconfig")
        with open(self.kubeconfig, "w", encoding="utf-8") as f:
            f.write(KUBECONFIG.format(
                ca=base64_of(authority.certificate), cluster="replay", user="client",
                server=f"https://127.0.0.1:{self.listener.server_address[1]}",
                credentials=f"    client-certificate-data: {base64_of(client[0])}\n"
                            f"    client-key-data: {base64_of(client[1])}"))

    def __enter__(self):
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown()
        self.listener.server_close()
