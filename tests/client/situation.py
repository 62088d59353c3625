# SPDX-License-Identifier: Apache-2.0
"""What the situations of against_kubectl.py are made of (situations_*.py): each is a function that writes
files and says what is asked."""
import base64
import collections
import json
import os
import re
import shutil
import socket
import tempfile

from cases import LIST, answer
from cases_proxy import pump
from servers import Server, context

HERE = os.path.dirname(os.path.abspath(__file__))
PLUGIN = os.path.join(HERE, "plugin.py")
ALL = {}
# Why ours differs, more than once.
WITHOUT_SCHEME = "kubectl speaks plain HTTP, whatever authority is given; TLS is what that one means"
NOBODY = "kubectl asks for a user and a password at the terminal; here one asks as nobody"

# options: of both programs. env: None takes a variable away. differs: why ours does otherwise on purpose.
# says: what ours must say. namespace: compare that instead of a request. pod: with the folder "pod" as
# the service account's.
Situation = collections.namedtuple("Situation", "options env path namespace pod differs says")


def given(*options, path="/api/v1/pods", env=None, namespace=False, pod=False, differs="", says=""):
    return Situation(options, env or {}, path, namespace, pod, differs, says)


def situation(function):
    ALL[function.__name__] = function
    return function


class Servers:
    """One of each kind for all situations; `seen` is what they were asked."""

    def __init__(self, certs):
        self.certs, self.seen, self.all = certs, [], []
        self.a = self.tls("a")
        self.b = self.tls("b")
        self.mutual = self.tls("mutual", client_ca="ca")
        self.plain = self.add(Server(self.talk("plain")))
        self.proxy = self.add(Server(self.proxied("proxy")))
        self.tls_proxy = self.add(Server(self.proxied("tls-proxy"), context=context(certs, "good")))
        try:
            self.six = self.tls("six", family=socket.AF_INET6)
        except OSError:
            self.six = None

    def add(self, server):
        self.all.append(server)
        return server

    def tls(self, name, client_ca=None, **more):
        c = context(self.certs, "good", client_ca=client_ca)
        c.sni_callback = lambda s, sni, _: self.seen.append((name, "sni", sni))
        return self.add(Server(self.talk(name), context=c, **more))

    def talk(self, name):
        def serve(server, connection, _):
            while True:
                got = server.request(connection)
                if not got:
                    return
                line, headers, _ = got
                subject = ""
                if hasattr(connection, "getpeercert") and connection.getpeercert():
                    subject = str(connection.getpeercert()["subject"])
                # client-go tells the server of --request-timeout.
                line = re.sub(r"\?timeout=[\w.]+ ", " ", line)
                self.seen.append((name, line, subject, "gzip" in headers.get("accept-encoding", ""), *(
                    f"{k}: {v}" for k, v in sorted(headers.items())
                    if k in ("authorization", "host") or k.startswith("impersonate"))))
                connection.sendall(answer(LIST))
        return serve

    def proxied(self, name):
        def serve(server, connection, _):
            line, headers, _ = server.request(connection)
            self.seen.append((name, line, headers.get("proxy-authorization")))
            if not line.startswith("CONNECT "):
                connection.sendall(answer(LIST))
                return
            port = int(line.split()[1].rsplit(":", 1)[1])
            family = socket.AF_INET6 if self.six and port == self.six.port else socket.AF_INET
            far = socket.socket(family)
            far.connect(("::1" if family == socket.AF_INET6 else "127.0.0.1", port))
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            pump(connection, far)
        return serve

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.all:
            server.close()


class Bench:
    """A folder, which is home too, and the servers."""

    def __init__(self, certs, servers):
        self.certs, self.servers = certs, servers
        self.folder = tempfile.mkdtemp(prefix="plimsoll-kubectl-")
        self.own = []  # servers of this situation alone

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.own:
            server.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def has(self, name):
        return os.path.exists(self.path(name))

    def cert(self, name):
        return os.path.join(self.certs, name)

    def pem64(self, name):
        with open(self.cert(name), "rb") as f:
            return base64.b64encode(f.read()).decode()

    def forget(self):
        self.servers.seen.clear()
        if self.has("note"):
            os.unlink(self.path("note"))

    def seen(self):
        told = []
        if self.has("note"):
            with open(self.path("note"), encoding="utf-8") as f:
                told = [json.loads(line) for line in f]
        return list(self.servers.seen) + told

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text if isinstance(text, str) else json.dumps(text))
        return self.path(name)

    def url(self, name="a", host="127.0.0.1", path=""):
        server = getattr(self.servers, name)
        return f"{'https' if server.context else 'http'}://{host}:{server.port}{path}"

    def cluster(self, name="a", **more):
        c = {"server": self.url(name), "certificate-authority": self.cert("ca.pem"), **more}
        return {k: v for k, v in c.items() if v is not None}

    def kubeconfig(self, cluster=None, user=None, context=None, **more):
        return {"apiVersion": "v1", "kind": "Config",
                "clusters": [{"name": "c", "cluster": self.cluster() if cluster is None else cluster}],
                "users": [{"name": "u", "user": user or {"token": "t"}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", **(context or {})}}],
                "current-context": "x", **more}

    def config(self, *args, **more):
        return self.write("config", self.kubeconfig(*args, **more))
