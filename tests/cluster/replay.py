# SPDX-License-Identifier: Apache-2.0
"""Records the answers of a real API server, and serves them again: the same bytes to the same
paths, over TLS, by a process that does next to nothing else. For sizes at which the API server
itself would be what is measured; multiply() makes such a size of a smaller recording.
"""
import gzip
import json
import os
import re
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
                raise RuntimeError(f"{path}: {status} {body[:300]}")
            zipped = headers.get("Content-Encoding") == "gzip"
            plain = gzip.decompress(body) if zipped else body
            name = f"{len(index):05d}.json.gz"
            with open(os.path.join(bodies, name), "wb") as f:
                f.write(body if zipped else gzip.compress(body, 1))
            index[path] = name
            continued = re.search(rb'^.{0,300}?"continue": ?"([^"]+)"', plain, re.S)
            path = following(path, continued[1].decode()) if continued else None
    with open(os.path.join(folder, "index.json"), "w", encoding="utf-8") as f:
        json.dump(index, f, indent=1)
    return len(index)


# ---- several clusters in one ----

def renamed(text, copy):
    """A page with other names and addresses, as fill.py gives them; the first copy keeps its own."""
    if copy == 0:
        return text
    for old, new in ((b"node-0", b"node-%d" % copy), (b"team-", b"team%d-" % copy),
                     (b'"uid":"', b'"uid":"%d' % copy), (b'"101.', b'"%d.' % (101 + 2 * copy)),
                     (b'"102.', b'"%d.' % (102 + 2 * copy))):
        text = text.replace(old, new)
    if text.startswith(b'{"kind":"NamespaceList"'):
        page = json.loads(text)
        page["items"] = [n for n in page["items"] if n["metadata"]["name"].startswith("team")]
        text = json.dumps(page, separators=(",", ":")).encode()
    return text


def continued_by(text, token):
    """A page whose continue token is this one; b"": it is the last."""
    text = re.sub(rb'"continue":"[^"]*",?', b"", text, count=1)
    return text.replace(b'"metadata":{', b'"metadata":{"continue":"%s",' % token, 1) if token \
        else text


def split_list(text):
    """What comes before the items, and the items."""
    found = re.search(rb'"items": ?\[', text)
    end = text.rstrip()
    assert found and end.endswith(b"]}"), text[:200]
    return text[:found.end()], end[found.end():-2]


class Copies:
    """Writes pages of several copies of a recording."""

    def __init__(self, folder, times):
        self.bodies, self.times = os.path.join(folder, "bodies"), times
        self.index = {}
        os.makedirs(self.bodies, exist_ok=True)

    def add(self, path, text):
        name = f"{len(self.index):05d}.json.gz"
        with open(os.path.join(self.bodies, name), "wb") as f:
            f.write(gzip.compress(text, 1))
        self.index[path] = name

    def add_whole(self, path, text):
        """A list that is answered whole, as those of metrics are."""
        parts = [split_list(renamed(text, i)) for i in range(self.times)]
        self.add(path, parts[0][0] + b",".join(items for _, items in parts if items) + b"]}")

    def add_pages(self, path, pages):
        """The last page of a copy goes on with the first of the next."""
        token = b""
        for copy in range(self.times):
            for i, text in enumerate(pages):
                here, last = token, i == len(pages) - 1 and copy == self.times - 1
                token = b"" if last else b"copy%dpage%d" % (copy, i + 1)
                self.add(following(path, here.decode()) if here else path,
                         continued_by(renamed(text, copy), token))


def multiply(folder, times, target):
    """Of a recording of fill.py's cluster one that is so many times as large."""
    with open(os.path.join(folder, "index.json"), encoding="utf-8") as f:
        index = json.load(f)
    copies, lists = Copies(target, times), {}
    for path, name in index.items():
        with gzip.open(os.path.join(folder, "bodies", name)) as f:
            lists.setdefault(path.split("?")[0], []).append((path, f.read()))
    for pages in lists.values():
        path, texts = pages[0][0], [text for _, text in pages]
        if not any(b"team-" in t or b"node-0" in t for t in texts):
            copies.add(path, texts[0])
        elif "limit=" in path:
            copies.add_pages(path, texts)
        else:
            copies.add_whole(path, texts[0])
    with open(os.path.join(target, "index.json"), "w", encoding="utf-8") as f:
        json.dump(copies.index, f, indent=1)
    return len(copies.index)


def write_lists(folder, target):
    """What the pages hold as one file for each list; how many bytes."""
    with open(os.path.join(folder, "index.json"), encoding="utf-8") as f:
        index = json.load(f)
    files, size = {}, 0
    for path, name in index.items():
        with gzip.open(os.path.join(folder, "bodies", name)) as f:
            text = f.read()
        if b'"items"' not in text[:1000]:
            continue
        head, items = split_list(text)
        file = files.setdefault(path.split("?")[0], [head])
        if items:
            file += [b",", items] if len(file) > 1 else [items]
    for i, parts in enumerate(files.values()):
        with open(os.path.join(target, f"{i:02d}.json"), "wb") as f:
            f.writelines([*parts, b"]}"])
            size += f.tell()
    return size


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
