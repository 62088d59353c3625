# SPDX-License-Identifier: Apache-2.0
"""The situations of against_kubectl.py: one function each, which writes files and says what is asked."""
import base64
import collections
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from cases import LIST, answer
from cases_proxy import pump
from servers import Server, context

HERE = os.path.dirname(os.path.abspath(__file__))
PLUGIN = os.path.join(HERE, "plugin.py")
ALL = {}

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


# ---- files ----

@situation
def token(b):
    b.config()
    return given()


@situation
def yaml_as_people_write_it(b):
    b.write("config", f"""# mine
apiVersion: v1
kind: Config
preferences: {{}}
current-context: "x"
clusters:
- cluster:
    certificate-authority: {b.cert('ca.pem')}
    server: {b.url()}   # here
  name: c
contexts:
- context: {{cluster: c, user: u}}
  name: x
users:
- name: u
  user:
    token: >-
      folded
""")
    return given()


@situation
def no_kind(b):
    c = b.kubeconfig()
    del c["kind"], c["apiVersion"]
    b.write("config", c)
    return given()


@situation
def other_kind(b):
    b.config(kind="Pod")
    return given(says="no kubeconfig")


@situation
def other_version(b):
    b.config(apiVersion="v2")
    return given(says="v2")


@situation
def no_yaml(b):
    b.write("config", "clusters: [\n")
    return given()


@situation
def a_list(b):
    b.write("config", "- a\n")
    return given(says="no kubeconfig")


@situation
def binary(b):
    b.write("config", "\0\1\2")
    return given()


@situation
def byte_order_mark_and_crlf(b):
    b.write("config", "\ufeff" + json.dumps(b.kubeconfig(), indent=1).replace("\n", "\r\n"))
    return given()


@situation
def a_folder(b):
    os.mkdir(b.path("config"))
    return given()


@situation
def missing_file(b):
    return given("--kubeconfig", b.path("nothing"))


@situation
def empty_file(b):
    b.write("config", "")
    return given("--server", b.url("plain"))


@situation
def several_documents(b):
    b.write("config", json.dumps(b.kubeconfig()) + "\n---\n" + json.dumps(
        b.kubeconfig(user={"token": "second"})))
    return given()


@situation
def home(b):
    b.write(".kube/config", b.kubeconfig(user={"token": "home"}))
    return given()


@situation
def home_is_not_looked_at(b):
    b.write(".kube/config", b.kubeconfig(user={"token": "home"}))
    return given(env={"KUBECONFIG": b.path("nothing")}, says="$KUBECONFIG names no file that exists")


@situation
def list_of_colons(b):
    b.write(".kube/config", b.kubeconfig(user={"token": "home"}))
    return given(env={"KUBECONFIG": "::"}, differs="", says="no cluster is configured")


@situation
def option_over_environment(b):
    b.config(user={"token": "environment"})
    b.write("other", b.kubeconfig(user={"token": "option"}))
    return given("--kubeconfig", "other")


def two_files(b, one, two):
    b.write("one/k", one)
    b.write("two/k", two)
    return {"KUBECONFIG": ":".join([b.path("one/k"), b.path("missing"), "", b.path("two/k"),
                                    b.path("one/k")])}


@situation
def first_file_wins(b):
    env = two_files(b, b.kubeconfig(user={"token": "first"}),
                    b.kubeconfig(b.cluster("b"), user={"token": "second"}))
    return given(env=env)


@situation
def user_of_the_first_file_is_not_completed(b):
    """Not even what the second one alone says of it."""
    env = two_files(b, b.kubeconfig(user={"username": "eve"}), b.kubeconfig(user={
        "username": "x", "password": "second"}))
    return given(env=env)


@situation
def context_of_one_cluster_of_the_other(b):
    one = b.kubeconfig()
    del one["clusters"], one["users"]
    two = b.kubeconfig(b.cluster("b"), user={"token": "second"})
    del two["current-context"], two["contexts"]
    return given(env=two_files(b, one, two))


@situation
def current_context_of_the_first_that_has_one(b):
    one = b.kubeconfig(user={"token": "first"})
    one["current-context"] = ""
    two = b.kubeconfig()
    two["contexts"][0]["name"] = "y"
    two["current-context"] = "y"
    two["contexts"][0]["context"] = {"cluster": "c", "user": "w"}
    two["users"] = [{"name": "w", "user": {"token": "w"}}]
    return given(env=two_files(b, one, two))


@situation
def broken_file_beside_a_good_one(b):
    return given(env=two_files(b, b.kubeconfig(), "{"))


@situation
def relative_paths_start_at_their_file(b):
    shutil.copy(b.cert("ca.pem"), b.path("ca.pem"))
    b.write("two/token", "from two\n".replace(" ", "-"))
    one = b.kubeconfig(b.cluster(**{"certificate-authority": "../ca.pem"}))
    del one["users"]
    two = b.kubeconfig(user={"tokenFile": "token"})
    return given(env=two_files(b, one, two))


@situation
def relative_paths_of_a_relative_file(b):
    shutil.copy(b.cert("ca.pem"), b.path("ca.pem"))
    b.write("one/k", b.kubeconfig(b.cluster(**{"certificate-authority": "../ca.pem"})))
    return given("--kubeconfig", "one/k")


@situation
def link_to_a_file(b):
    """Paths start at the link's folder, not at the file's."""
    b.write("one/k", b.kubeconfig(user={"tokenFile": "token"}))
    b.write("one/token", "of-the-file")
    b.write("token", "of-the-link")
    os.symlink("one/k", b.path("config"))
    return given()


# ---- stanzas ----

def twice(b, what):
    c = b.kubeconfig()
    c[what].append(dict(c[what][0]))
    b.write("config", c)
    return given(says="twice")


@situation
def cluster_twice(b):
    return twice(b, "clusters")


@situation
def user_twice(b):
    return twice(b, "users")


@situation
def context_twice(b):
    return twice(b, "contexts")


@situation
def context_missing(b):
    b.config(**{"current-context": "nope"})
    return given(says='no context "nope"')


@situation
def context_option(b):
    c = b.kubeconfig()
    c["contexts"].append({"name": "y", "context": {"cluster": "c", "user": "w"}})
    c["users"].append({"name": "w", "user": {"token": "w"}})
    b.write("config", c)
    return given("--context", "y")


@situation
def context_option_missing(b):
    b.config()
    return given("--context", "nope", says='no context "nope"')


@situation
def cluster_and_user_options(b):
    c = b.kubeconfig(user={"token": "no"})
    c["clusters"].append({"name": "d", "cluster": b.cluster("b")})
    c["users"].append({"name": "w", "user": {"token": "w"}})
    b.write("config", c)
    return given("--cluster", "d", "--user", "w")


@situation
def cluster_and_user_options_without_context(b):
    c = b.kubeconfig()
    del c["contexts"], c["current-context"]
    b.write("config", c)
    return given("--cluster", "c", "--user", "u")


@situation
def cluster_option_missing(b):
    b.config()
    return given("--cluster", "nope", says='no cluster "nope"')


@situation
def user_option_missing(b):
    b.config()
    return given("--user", "nope", says='no user "nope"')


@situation
def user_of_the_context_missing(b):
    b.config(context={"user": "nope"})
    return given(says='no user "nope"')


@situation
def cluster_of_the_context_missing(b):
    b.config(context={"cluster": "nope"})
    return given(says='no cluster "nope"')


@situation
def no_current_context(b):
    b.config(**{"current-context": ""})
    return given(says="--context")


@situation
def no_server(b):
    b.config(b.cluster(server=None))
    return given(says="no server", differs="")


@situation
def numbers_where_texts_belong(b):
    b.config(user={"token": 12345})
    return given(differs="kubectl refuses a number; what is meant is clear")


@situation
def truth_as_text(b):
    b.config(b.cluster(**{"certificate-authority": None, "insecure-skip-tls-verify": "true"}))
    return given(says="insecure-skip-tls-verify")


@situation
def unknown_fields(b):
    b.config(b.cluster(whatever=1), user={"token": "t", "whatever": {"a": []}}, whatever=[1])
    return given()


@situation
def files_are_named_with_a_tilde(b):
    b.config(b.cluster(**{"certificate-authority": "~/ca.pem"}))
    shutil.copy(b.cert("ca.pem"), b.path("ca.pem"))
    return given()


for text in ("0", "5", "5s", "1m30s", "1.5s", ".5m", "1500ms", "2000000us", "1h0m", "abc", "5 s", "1d", "s", "5x"):
    def timeout(b, text=text):
        b.config()
        return given("--request-timeout", text)
    ALL["request_timeout_" + text] = timeout


# ---- server ----

WITHOUT_SCHEME = "kubectl speaks plain HTTP, whatever authority is given; TLS is what that one means"


@situation
def server_option(b):
    b.config()
    return given("--server", b.url("b"))


@situation
def server_option_short(b):
    b.config()
    return given("-s", b.url("b"))


@situation
def server_option_alone(b):
    return given("--server", b.url("plain"))


@situation
def server_with_path(b):
    b.config(b.cluster(server=b.url(path="/k8s/clusters/c-1")))
    return given()


@situation
def server_with_path_and_slash(b):
    b.config(b.cluster(server=b.url(path="/k8s/clusters/c-1/")))
    return given()


@situation
def server_with_slash(b):
    b.config(b.cluster(server=b.url(path="/")))
    return given()


@situation
def server_with_query(b):
    b.config(b.cluster(server=b.url(path="/p/?a=b#c")))
    return given()


@situation
def server_without_scheme(b):
    b.config(b.cluster(server=b.url()[8:]))
    return given(differs=WITHOUT_SCHEME)


@situation
def server_without_scheme_without_authority(b):
    b.config(b.cluster("plain", server=b.url("plain")[7:], **{"certificate-authority": None}))
    return given(differs="")


@situation
def server_without_scheme_with_path(b):
    b.config(b.cluster(server=b.url(path="/k8s")[8:]))
    return given(differs=WITHOUT_SCHEME)


@situation
def server_in_capitals(b):
    b.config(b.cluster(server=b.url().replace("https", "HTTPS")))
    return given()


@situation
def server_with_blanks(b):
    b.config(b.cluster(server=" " + b.url()))
    return given()


@situation
def server_of_another_scheme(b):
    b.config(b.cluster(server=b.url().replace("https", "ftp")))
    return given()


@situation
def server_six(b):
    if not b.servers.six:
        return token(b)
    b.config(b.cluster("six", server=b.url("six", "[::1]")))
    return given()


@situation
def plain_http_gets_no_token(b):
    b.config(b.cluster("plain", **{"certificate-authority": None}), user={"token": "t", "as": "jane"})
    return given(says="no credentials are sent")


@situation
def plain_http_runs_no_plugin(b):
    return plugin(b, cluster=b.cluster("plain", **{"certificate-authority": None}))._replace(
        says="no credentials are sent")


# ---- TLS ----

@situation
def authority_data(b):
    b.config(b.cluster(**{"certificate-authority": None, "certificate-authority-data": b.pem64("ca.pem")}))
    return given()


@situation
def authority_data_in_lines(b):
    text = b.pem64("ca.pem")
    lines = "\n".join(text[i:i + 76] for i in range(0, len(text), 76))
    b.config(b.cluster(**{"certificate-authority": None, "certificate-authority-data": lines + "\n"}))
    return given()


@situation
def authority_data_no_base64(b):
    b.config(b.cluster(**{"certificate-authority": None, "certificate-authority-data": "a?b"}))
    return given(says="certificate-authority-data is no base64")


@situation
def authority_data_and_file(b):
    b.config(b.cluster(**{"certificate-authority-data": b.pem64("ca.pem")}))
    return given(says="certificate-authority")


@situation
def authority_file_missing(b):
    b.config(b.cluster(**{"certificate-authority": "nothing.pem"}))
    return given(says="nothing.pem")


@situation
def authority_file_with_words(b):
    with open(b.cert("ca2.pem"), encoding="ascii") as f, open(b.cert("ca.pem"), encoding="ascii") as g:
        b.write("ca.pem", "# ours\n" + f.read() + "\nand the other\r\n" + g.read().replace("\n", "\r\n"))
    b.config(b.cluster(**{"certificate-authority": "ca.pem"}))
    return given()


@situation
def authority_file_with_a_bad_one(b):
    with open(b.cert("ca.pem"), encoding="ascii") as f:
        b.write("ca.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" + f.read())
    b.config(b.cluster(**{"certificate-authority": "ca.pem"}))
    return given()


@situation
def authority_unknown(b):
    b.config(b.cluster(**{"certificate-authority": b.cert("ca2.pem")}))
    return given(says="not in")


@situation
def authority_and_insecure(b):
    b.config(b.cluster(**{"insecure-skip-tls-verify": True}))
    return given(says="only one")


@situation
def insecure(b):
    b.config(b.cluster(**{"insecure-skip-tls-verify": True, "certificate-authority": None}))
    return given()


@situation
def insecure_option_over_authority(b):
    b.config(b.cluster(**{"certificate-authority": b.cert("ca2.pem")}))
    return given("--insecure-skip-tls-verify")


@situation
def server_name(b):
    b.config(b.cluster(**{"tls-server-name": "kubernetes.default"}))
    return given()


@situation
def server_name_of_another(b):
    b.config(b.cluster(**{"tls-server-name": "elsewhere"}))
    return given(says="elsewhere")


@situation
def server_name_falls_with_the_server(b):
    b.config(b.cluster(**{"tls-server-name": "elsewhere"}))
    return given("--server", b.url("b"))


@situation
def server_name_option(b):
    b.config()
    return given("--tls-server-name", "kubernetes.default", "--server", b.url("b"))


@situation
def authority_option(b):
    b.config(b.cluster(**{"certificate-authority": None, "insecure-skip-tls-verify": True}))
    return given("--certificate-authority", b.cert("ca2.pem"), says="not in")


EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
HERE_NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"
CA_EXT = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign"


def issue(b, name, ext=HERE_NAMES, signer=None, key=EC, digest="sha256"):
    """A certificate NAME.pem with NAME.key in the folder, signed by SIGNER there; None: by ca."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=b.folder, check=True, capture_output=True)
    by = b.path(signer) if signer else b.cert("ca")
    openssl("genpkey", "-algorithm", *key, "-out", f"{name}.key")
    openssl("req", "-new", "-key", f"{name}.key", "-subj", f"/CN={name}", "-out", "csr")
    b.write("ext", ext + "\n")
    openssl("x509", "-req", "-in", "csr", "-CA", by + ".pem", "-CAkey", by + ".key", "-days", "30",
            "-" + digest, "-extfile", "ext", "-out", f"{name}.pem", "-CAcreateserial", "-CAserial", "serial")


def joined(b, *names):
    text = ""
    for name in names:
        with open(b.path(name), encoding="ascii") as f:
            text += f.read()
    return b.write("joined.pem", text)


def own_server(b, chain="own.pem", ciphers=None, host="127.0.0.1", authority=None, **cluster):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if ciphers:
        c.maximum_version = ssl.TLSVersion.TLSv1_2
    c.set_ciphers((ciphers or "ALL") + ":@SECLEVEL=0")
    c.load_cert_chain(b.path(chain), b.path("own.key"))
    server = Server(b.servers.talk("own"), context=c)
    b.own.append(server)
    b.config(b.cluster(server=f"https://{host}:{server.port}", **{
        "certificate-authority": authority or b.cert("ca.pem"), **cluster}))
    return given()


# Of certificates that kubectl takes, OpenSSL does not take these.
STRICTER = {
    "subjectAltName=DNS:*.example": "a wildcard right below a top-level name",
    HERE_NAMES + "\n" + CA_EXT: "a certificate that may only sign others, as a server's",
}

for number, (ext, more) in enumerate([
        ("subjectAltName=DNS:localhost", {}),
        ("subjectAltName=DNS:localhost", {"host": "localhost"}),
        ("subjectAltName=DNS:127.0.0.1", {"says": "not for 127.0.0.1 but for DNS:127.0.0.1"}),
        ("subjectAltName=DNS:*.example", {"tls-server-name": "a.example"}),
        ("subjectAltName=DNS:*.example,DNS:x", {"tls-server-name": "a.b.example"}),
        ("subjectAltName=DNS:*.b.example", {"tls-server-name": "a.b.example"}),
        ("subjectAltName=DNS:a*.b.example", {"tls-server-name": "ax.b.example"}),
        ("subjectAltName=DNS:A.EXAMPLE", {"tls-server-name": "a.example"}),
        ("subjectAltName=DNS:a.example", {"tls-server-name": "A.example"}),
        ("subjectAltName=DNS:a.example", {"tls-server-name": "a.example."}),
        ("subjectAltName=URI:https://127.0.0.1", {}),
        ("subjectAltName=URI:https://127.0.0.1", {"tls-server-name": "own"}),
        (HERE_NAMES + "\nextendedKeyUsage=clientAuth", {}),
        (HERE_NAMES + "\nextendedKeyUsage=serverAuth,clientAuth", {}),
        (HERE_NAMES + "\nkeyUsage=critical,keyEncipherment", {}),
        (HERE_NAMES + "\nkeyUsage=critical,digitalSignature", {}),
        (HERE_NAMES + "\n1.2.3.4=critical,DER:0500", {}),
        (HERE_NAMES + "\n" + CA_EXT, {}),
        (HERE_NAMES + "\nnameConstraints=permitted;DNS:x", {})]):
    def names(b, ext=ext, more=more):
        issue(b, "own", ext)
        says = more.get("says", "")
        return own_server(b, **{k: v for k, v in more.items() if k != "says"})._replace(
            differs=STRICTER.get(ext, ""), says=says)
    ALL[f"certificate_{number}_{ext}_{more}"] = names

for name, key in (("rsa_1024", ("rsa", "-pkeyopt", "rsa_keygen_bits:1024")),
                  ("rsa_2048", ("rsa", "-pkeyopt", "rsa_keygen_bits:2048")),
                  ("p384", ("ec", "-pkeyopt", "ec_paramgen_curve:P-384")),
                  ("p521", ("ec", "-pkeyopt", "ec_paramgen_curve:P-521")),
                  ("ed25519", ("ed25519",))):
    def keys(b, key=key, name=name):
        issue(b, "own", key=key)
        return own_server(b)._replace(
            differs="OpenSSL takes no RSA keys of less than 2048 bits" if name == "rsa_1024" else "")
    ALL["certificate_key_" + name] = keys

for cipher in ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES256-SHA",
               "ECDHE-RSA-AES128-SHA256", "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256"):
    def ciphers(b, cipher=cipher):
        issue(b, "own", key=("rsa", "-pkeyopt", "rsa_keygen_bits:2048"))
        return own_server(b, ciphers=cipher)
    ALL["cipher_" + cipher] = ciphers


@situation
def certificate_signed_with_sha1(b):
    issue(b, "own", digest="sha1")
    return own_server(b)


@situation
def chain_whole(b):
    issue(b, "middle", CA_EXT)
    issue(b, "own", signer="middle")
    return own_server(b, chain=joined(b, "own.pem", "middle.pem"))


@situation
def chain_broken(b):
    issue(b, "middle", CA_EXT)
    issue(b, "own", signer="middle")
    return own_server(b)


@situation
def chain_in_our_file(b):
    issue(b, "middle", CA_EXT)
    issue(b, "own", signer="middle")
    return own_server(b, authority=b.path("middle.pem"))


@situation
def chain_of_one_that_is_no_authority(b):
    issue(b, "middle", "basicConstraints=CA:FALSE")
    issue(b, "own", signer="middle")
    return own_server(b, chain=joined(b, "own.pem", "middle.pem"))


@situation
def chain_of_an_authority_that_may_not_sign(b):
    issue(b, "middle", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature")
    issue(b, "own", signer="middle")
    return own_server(b, chain=joined(b, "own.pem", "middle.pem"))


@situation
def chain_of_an_authority_for_other_names(b):
    issue(b, "middle", CA_EXT + "\nnameConstraints=critical,permitted;DNS:example.com")
    issue(b, "own", "subjectAltName=DNS:localhost", signer="middle")
    return own_server(b, chain=joined(b, "own.pem", "middle.pem"), host="localhost")


@situation
def chain_in_another_order(b):
    issue(b, "middle", CA_EXT)
    issue(b, "deep", CA_EXT, signer="middle")
    issue(b, "own", signer="deep")
    return own_server(b, chain=joined(b, "own.pem", "middle.pem", "deep.pem"))


@situation
def certificate_itself_is_trusted(b):
    issue(b, "own")
    return own_server(b, authority=b.path("own.pem"))


@situation
def authority_without_constraints(b):
    """As some old installers made them: X.509 v3 without basicConstraints."""
    issue(b, "old", "subjectKeyIdentifier=hash")
    issue(b, "own", signer="old")
    return own_server(b, authority=b.path("old.pem"))


@situation
def no_compression(b):
    b.config(b.cluster(**{"disable-compression": True}))
    return given()


# ---- users ----

NOBODY = "kubectl asks for a user and a password at the terminal; here one asks as nobody"


@situation
def client_certificate(b):
    b.config(b.cluster("mutual"), user={"client-certificate": b.cert("client.pem"),
                                        "client-key": b.cert("client.key")})
    return given()


@situation
def client_certificate_data(b):
    b.config(b.cluster("mutual"), user={"client-certificate-data": b.pem64("client.pem"),
                                        "client-key-data": b.pem64("client.key")})
    return given()


@situation
def client_certificate_options(b):
    b.config(b.cluster("mutual"), user={"client-certificate-data": b.pem64("client2.pem"),
                                        "client-key-data": b.pem64("client2.key")})
    return given("--client-certificate", b.cert("client.pem"), "--client-key", b.cert("client.key"))


@situation
def client_certificate_in_a_file_with_its_key(b):
    with open(b.cert("client.pem"), encoding="ascii") as f, open(b.cert("client.key"), encoding="ascii") as g:
        b.write("both.pem", g.read() + f.read())
    b.config(b.cluster("mutual"), user={"client-certificate": "both.pem", "client-key": "both.pem"})
    return given()


@situation
def client_certificate_without_key(b):
    b.config(b.cluster("mutual"), user={"client-certificate": b.cert("client.pem")})
    return given(says="client-key")


@situation
def client_key_without_certificate(b):
    b.config(user={"client-key": b.cert("client.key"), "token": "t"})
    return given()


@situation
def client_certificate_twice(b):
    b.config(b.cluster("mutual"), user={
        "client-certificate": b.cert("client.pem"), "client-certificate-data": b.pem64("client.pem"),
        "client-key": b.cert("client.key")})
    return given(says="client-certificate")


@situation
def client_key_missing(b):
    b.config(b.cluster("mutual"), user={"client-certificate": b.cert("client.pem"),
                                        "client-key": "nothing.key"})
    return given(says="nothing.key")


@situation
def client_key_of_another(b):
    b.config(b.cluster("mutual"), user={"client-certificate": b.cert("client.pem"),
                                        "client-key": b.cert("good.key")})
    return given(says="do not belong together")


@situation
def client_certificate_and_token(b):
    b.config(b.cluster("mutual"), user={"client-certificate": b.cert("client.pem"),
                                        "client-key": b.cert("client.key"), "token": "t"})
    return given()


@situation
def basic(b):
    b.config(user={"username": "eve", "password": "p:w"})
    return given()


@situation
def basic_without_password(b):
    b.config(user={"username": "eve"})
    return given()


@situation
def basic_and_token(b):
    b.config(user={"username": "eve", "password": "p", "token": "t"})
    return given(says="only one")


@situation
def basic_and_token_file(b):
    b.write("token", "f")
    b.config(user={"username": "eve", "password": "p", "tokenFile": "token"})
    return given(says="only one")


@situation
def token_and_token_file(b):
    b.write("token", " f \n")
    b.config(user={"token": "t", "tokenFile": "token"})
    return given()


@situation
def token_and_token_file_missing(b):
    b.config(user={"token": "t", "tokenFile": "nothing"})
    return given()


@situation
def token_file_missing(b):
    b.config(user={"tokenFile": "nothing"})
    return given(says="nothing")


@situation
def token_option(b):
    b.config(user={"token": "t"})
    return given("--token", "o")


@situation
def token_option_over_token_file(b):
    b.write("token", "f")
    b.config(user={"tokenFile": "token"})
    return given("--token", "o", differs="kubectl reads the file all the same")


@situation
def token_option_over_plugin(b):
    plugin(b)
    return given("--token", "o")


@situation
def nobody(b):
    c = b.kubeconfig()
    c["users"] = [{"name": "u", "user": {}}]
    b.write("config", c)
    return given(differs=NOBODY)


@situation
def nobody_at_all(b):
    c = b.kubeconfig(context={"user": ""})
    b.write("config", c)
    return given(differs=NOBODY)


# ---- impersonation ----

WHO = {"token": "t", "as": "jane", "as-groups": ["g1", "g2"], "as-uid": "17",
       "as-user-extra": {"scopes": ["view", "dev"], "example.com/A B": ["1%"]}}


@situation
def impersonation(b):
    b.config(user=WHO)
    return given()


@situation
def impersonation_options(b):
    b.config()
    return given("--as", "jane", "--as-group", "g1", "--as-group", "g2", "--as-uid", "18")


@situation
def impersonation_options_over_file(b):
    b.config(user=WHO)
    return given("--as", "mallory")


@situation
def impersonation_groups_over_file(b):
    b.config(user=WHO)
    return given("--as-group", "other")


@situation
def impersonation_extra_option(b):
    b.config(user={"token": "t", "as": "jane", "as-user-extra": {"a": ["1"], "b": ["2"]}})
    return given("--as-user-extra", "a=3", "--as-user-extra", "a=4", "--as-user-extra", "c=5")


@situation
def impersonation_without_user(b):
    b.config()
    return given("--as-group", "g1", says="--as")


@situation
def impersonation_uid_without_user(b):
    b.config(user={"token": "t", "as-uid": "17"})
    return given(says="as-uid")


@situation
def impersonation_extra_without_user(b):
    b.config(user={"token": "t", "as-user-extra": {"a": ["1"]}})
    return given(says="as-user-extra")


# ---- plug-ins ----

def plugin(b, what="plain", cluster=None, user=None, **more):
    e = {"apiVersion": "client.authentication.k8s.io/v1", "command": PLUGIN, "args": [what],
         "env": [{"name": "PLUGIN_NOTE", "value": b.path("note")}], "interactiveMode": "IfAvailable"}
    e.update(more)
    b.config(cluster or b.cluster(), user={"exec": {k: v for k, v in e.items() if v is not None},
                                           **(user or {})})
    return given()


@situation
def plugin_v1(b):
    return plugin(b)


@situation
def plugin_v1beta1(b):
    return plugin(b, apiVersion="client.authentication.k8s.io/v1beta1", interactiveMode=None)


@situation
def plugin_v1alpha1(b):
    return plugin(b, apiVersion="client.authentication.k8s.io/v1alpha1")._replace(says="v1alpha1")


@situation
def plugin_without_version(b):
    return plugin(b, apiVersion=None)._replace(says="apiVersion")


@situation
def plugin_without_command(b):
    return plugin(b, command="")._replace(says="command")


@situation
def plugin_without_mode(b):
    return plugin(b, interactiveMode=None)._replace(says="interactiveMode")


@situation
def plugin_of_another_mode(b):
    return plugin(b, interactiveMode="Sometimes")._replace(says="interactiveMode")


@situation
def plugin_of_another_mode_v1beta1(b):
    return plugin(b, interactiveMode="never", apiVersion="client.authentication.k8s.io/v1beta1")


@situation
def plugin_never(b):
    return plugin(b, interactiveMode="Never")


@situation
def plugin_always(b):
    return plugin(b, interactiveMode="Always")._replace(says="no terminal")


@situation
def plugin_told_of_the_cluster(b):
    return plugin(b, provideClusterInfo=True, cluster=b.cluster(
        "a", **{"tls-server-name": "localhost", "proxy-url": None, "disable-compression": True,
                "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {
                    "audience": "a", "n": [1, 1.5, 1e9, True, None, {"x": "y"}], "big": 12345678901234567890}}]}))


@situation
def plugin_told_of_a_plain_cluster(b):
    return plugin(b, provideClusterInfo=True)


@situation
def plugin_told_of_an_insecure_cluster(b):
    return plugin(b, provideClusterInfo=True, cluster=b.cluster(
        **{"certificate-authority": None, "insecure-skip-tls-verify": True}))


@situation
def plugin_told_of_the_server_option(b):
    return plugin(b, provideClusterInfo=True)._replace(options=("--server", b.url("b", path="/p/")))


@situation
def plugin_told_of_a_server_without_scheme(b):
    return plugin(b, provideClusterInfo=True, cluster=b.cluster(server=b.url()[8:]))._replace(
        differs=WITHOUT_SCHEME)


@situation
def plugin_told_of_the_proxy(b):
    return plugin(b, provideClusterInfo=True, cluster=b.cluster(
        server=b.url(host="far.example"), **{"proxy-url": b.url("proxy"),
                                             "tls-server-name": "kubernetes.default"}))


@situation
def plugin_with_a_relative_path(b):
    os.mkdir(b.path("bin"))
    shutil.copy(PLUGIN, b.path("bin/get-token"))
    return plugin(b, command="bin/get-token")


@situation
def plugin_beside(b):
    shutil.copy(PLUGIN, b.path("get-token"))
    return plugin(b, command="./get-token")


@situation
def plugin_in_the_working_folder_only(b):
    shutil.copy(PLUGIN, b.path("get-token"))
    return plugin(b, command="get-token")._replace(env={"PATH": os.environ["PATH"] + "::."}, says="relative path")


@situation
def plugin_environment(b):
    env = [{"name": "PLUGIN_NOTE", "value": b.path("note")}, {"name": "PLUGIN_EXTRA", "value": "1"},
           {"name": "PLUGIN_EXTRA", "value": "2"}, {"name": "HOME", "value": "/elsewhere"}]
    return plugin(b, env=env, args=["plain", "--x", "", "a b"])._replace(env={"PLUGIN_EXTRA": "0"})


@situation
def plugin_environment_without_name(b):
    return plugin(b, env=[{"name": "", "value": "x"}, {"name": "PLUGIN_NOTE", "value": b.path("note")}])


@situation
def plugin_certificate(b):
    return plugin(b, args=["cert", b.cert("client.pem"), b.cert("client.key")], cluster=b.cluster("mutual"))


@situation
def plugin_and_certificate(b):
    return plugin(b, cluster=b.cluster("mutual"), user={"client-certificate": b.cert("client.pem"),
                                                        "client-key": b.cert("client.key")})


@situation
def plugin_and_basic(b):
    return plugin(b, user={"username": "eve", "password": "p"})


@situation
def plugin_and_provider(b):
    return plugin(b, user={"auth-provider": {"name": "oidc", "config": {}}})


@situation
def plugin_and_impersonation(b):
    return plugin(b, user={"as": "jane"})


for fault in ("fails", "garbage", "empty", "half", "nostatus", "version", "badtime"):
    ALL["plugin_" + fault] = lambda b, fault=fault: plugin(b, fault)


# ---- auth-provider ----

def id_token(seconds):
    def part(d):
        return base64.urlsafe_b64encode(json.dumps(d).encode()).rstrip(b"=").decode()
    return ".".join([part({"alg": "none"}), part({"sub": "jane", "exp": int(time.time()) + seconds}), "c2ln"])


def provider(b, name="oidc", **config):
    b.config(user={"auth-provider": {"name": name, "config": {
        "client-id": "kubernetes", "idp-issuer-url": "https://127.0.0.1:1", **config}}})
    return given()


@situation
def oidc(b):
    return provider(b, **{"id-token": id_token(3600)})


@situation
def oidc_expired(b):
    return provider(b, **{"id-token": id_token(-3600)})._replace(says="expired")


@situation
def oidc_expired_with_refresh_token(b):
    return provider(b, **{"id-token": id_token(-3600), "refresh-token": "r"})._replace(says="kubectl")


@situation
def oidc_without_token(b):
    return provider(b)


@situation
def oidc_nonsense(b):
    return provider(b, **{"id-token": "nonsense"})


@situation
def gcp(b):
    return provider(b, name="gcp")._replace(says="removed")


@situation
def unknown_provider(b):
    return provider(b, name="acme")._replace(says="acme")


# ---- proxies ----

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


# ---- namespaces ----

@situation
def namespace_default(b):
    b.config()
    return given(namespace=True)


@situation
def namespace_of_the_context(b):
    b.config(context={"namespace": "shop"})
    return given(namespace=True)


@situation
def namespace_option(b):
    b.config(context={"namespace": "shop"})
    return given("-n", "other", namespace=True)


# ---- in a pod ----

def pod(b, *options, ns="podns", config=None, env=None, without=(), **more):
    for name, text in (("token", "pod-token"), ("namespace", ns)):
        if name not in without:
            b.write("pod/" + name, text)
    os.makedirs(b.path("pod"), exist_ok=True)
    if "ca.crt" not in without:
        shutil.copy(b.cert("ca.pem"), b.path("pod/ca.crt"))
    if config:
        b.write("config", config)
    return given(*options, pod=True, env={
        "KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(b.servers.a.port),
        **(env or {})}, **more)


@situation
def pod_alone(b):
    return pod(b)


@situation
def pod_six(b):
    if not b.servers.six:
        return pod(b)
    return pod(b, env={"KUBERNETES_SERVICE_HOST": "::1", "KUBERNETES_SERVICE_PORT": str(b.servers.six.port)})


@situation
def pod_with_kubeconfig(b):
    return pod(b, config=b.kubeconfig(b.cluster("b")))


@situation
def pod_with_empty_kubeconfig(b):
    return pod(b, config="{}")


@situation
def pod_with_missing_kubeconfig_option(b):
    return pod(b, "--kubeconfig", "nothing")


@situation
def pod_with_server_option(b):
    return pod(b, "--server", b.url("b"), "--certificate-authority", b.cert("ca.pem"), differs=NOBODY)


@situation
def pod_with_context_option(b):
    return pod(b, "--context", "x", says='"x"')


@situation
def pod_with_impersonation(b):
    return pod(b, "--as", "jane", "--as-group", "g", differs="kubectl forgets whom to impersonate, and asks as the pod")


@situation
def pod_with_token_option(b):
    return pod(b, "--token", "o")


@situation
def pod_with_authority_option(b):
    return pod(b, "--certificate-authority", b.cert("ca2.pem"), says="not in")


@situation
def pod_without_token(b):
    return pod(b, without=("token",), says="service account")


@situation
def pod_without_authority(b):
    return pod(b, without=("ca.crt",), says="ca.crt")


@situation
def pod_with_kubeconfig_without_context(b):
    c = b.kubeconfig(b.cluster("b"))
    del c["current-context"]
    return pod(b, config=c)


@situation
def pod_with_cluster_option(b):
    return pod(b, "--cluster", "c", says='no cluster "c"')


@situation
def pod_namespace(b):
    return pod(b, namespace=True)


@situation
def pod_namespace_with_line_end(b):
    return pod(b, ns=" podns\n", namespace=True)


@situation
def pod_namespace_missing(b):
    return pod(b, without=("namespace",), namespace=True)


@situation
def pod_namespace_of_the_environment(b):
    return pod(b, env={"POD_NAMESPACE": "downward"}, namespace=True)


@situation
def pod_namespace_option(b):
    return pod(b, "-n", "other", namespace=True)


@situation
def pod_namespace_with_kubeconfig(b):
    """The pod's, where the context names none."""
    return pod(b, config=b.kubeconfig(b.cluster("b")), namespace=True)


@situation
def pod_namespace_with_kubeconfig_that_says_default(b):
    return pod(b, config=b.kubeconfig(b.cluster("b"), context={"namespace": "default"}), namespace=True)


@situation
def pod_namespace_with_kubeconfig_and_environment(b):
    return pod(b, config=b.kubeconfig(b.cluster("b")), env={"POD_NAMESPACE": "downward"}, namespace=True)


@situation
def environment_namespace_without_pod(b):
    b.config()
    return given(env={"POD_NAMESPACE": "downward"}, namespace=True)


if sys.platform != "linux":
    ALL.clear()
