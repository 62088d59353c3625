# SPDX-License-Identifier: Apache-2.0
"""The cases about who we are: tokens, their files, impersonation, credential plug-ins."""
import json
import os
import select
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time

from cases import GET, HTTPS, always, answer, check, plain, status_of, tls
from servers import Server, context

PLUGIN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "plugin.py")
V1, V1BETA1 = "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"
UNAUTHORIZED = answer(status_of(401, "Unauthorized", "Unauthorized"), "401 Unauthorized")


def as_user(b, server, user, **cluster):
    """Without TLS no credentials would be sent."""
    server.context = server.context or context(b.certs, "good")
    b.add(server)
    b.config(server, user=user, **cluster)
    return server


def authorization(server, n=-1):
    return server.requests[n][1].get("authorization")


def case_token(b):
    server = as_user(b, Server(always(answer())), {"token": "CANARY.abc_-~+/="})
    b.good("-v", *GET)
    check(authorization(server) == "Bearer CANARY.abc_-~+/=", str(server.requests))


def case_token_with_line_break(b):
    server = as_user(b, Server(always(answer())), {"token": "CANARY\r\nX-Other: 1"})
    b.bad(HTTPS + b.path("config") + ": the token holds a blank or control character [EINVAL]", *GET)
    check(server.count == 0, "it was sent")


def case_basic(b):
    server = as_user(b, Server(always(answer())), {"username": "eve", "password": "CANARY"})
    b.good("-v", *GET)
    check(authorization(server) == "Basic ZXZlOkNBTkFSWQ==", str(server.requests))


def case_impersonation(b):
    user = {"as": "file", "as-uid": "17", "as-groups": ["g1", "g2"]}
    server = as_user(b, Server(always(answer())), user)
    b.good(*GET)
    headers = server.requests[0][1]
    check((headers["impersonate-user"], headers["impersonate-group"], headers["impersonate-uid"])
          == ("file", "g1|g2", "17"), str(headers))
    b.good("--as", "jane", "--as-group", "dev", *GET)
    headers = server.requests[1][1]
    check((headers["impersonate-user"], headers["impersonate-group"]) == ("jane", "dev"),
          str(headers))
    code, _, said = b.run("--as", "jane\r\nX: y", *GET)
    check(code == 2 and "a line break or control character" in said, said)


def write(path, text):
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.rename(path + ".new", path)


def case_token_file(b):
    write(b.path("token"), "CANARY-file\n")
    server = as_user(b, Server(always(answer())), {"tokenFile": "token", "token": "CANARY-old"})
    b.good(*GET)
    check(authorization(server) == "Bearer CANARY-file", str(server.requests))
    os.remove(b.path("token"))
    b.good(*GET)
    check(authorization(server) == "Bearer CANARY-old", str(server.requests))
    b.config(server, user={"tokenFile": "token"})
    b.bad(b.path("token") + ": token file: No such file or directory [ENOENT]", *GET)


def case_token_file_with_line_break(b):
    write(b.path("token"), "CANARY\nX-Other: 1\n")
    server = as_user(b, Server(always(answer())), {"tokenFile": "token"})
    code, _, said = b.run("GET", "/a", "/b")
    check(code == 2 and said.count("holds a blank or control character") >= 1 and server.count == 0,
          said)


def case_token_file_rotates(b):
    """A token that is refused while the file holds another one is tried again with that."""
    write(b.path("token"), "CANARY-1")

    def talk(server, connection, _):
        while server.request(connection):
            if len(server.requests) == 2:
                write(b.path("token"), "CANARY-2")
                connection.sendall(UNAUTHORIZED)
            else:
                connection.sendall(answer())
    server = as_user(b, Server(talk), {"tokenFile": "token"})
    b.good("GET", "/a", "/b", "/c")
    got = [authorization(server, i) for i in range(len(server.requests))]
    check(got == ["Bearer CANARY-1", "Bearer CANARY-1", "Bearer CANARY-2", "Bearer CANARY-2"],
          str(got))


def case_token_refused(b):
    server = as_user(b, Server(always(UNAUTHORIZED)), {"token": "CANARY"})
    b.bad(HTTPS + "the server answered 401 Unauthorized: Unauthorized [EACCES]", *GET)
    check(len(server.requests) == 1, "a fixed token is not tried again")


# ---- plug-ins ----

def plugin(b, what, *args, version=V1, server=None, **more):
    e = {"apiVersion": version, "command": PLUGIN, "args": [what, *args],
         "env": [{"name": "PLUGIN_NOTE", "value": b.path("note")},
                 {"name": "PLUGIN_EXTRA", "value": "from the kubeconfig"}],
         "interactiveMode": "IfAvailable"}
    e.update(more)
    return as_user(b, server or Server(always(answer())),
                   {"exec": {k: v for k, v in e.items() if v is not None}})


def notes(b):
    with open(b.path("note"), encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def case_plugin(b):
    for version in (V1, V1BETA1):
        server = plugin(b, "plain", "--flag", version=version)
        b.good("-v", "GET", "/a", "/b", env={"PLUGIN_EXTRA": "from outside"}, user_input=b"secret")
        note = notes(b)[-1]
        check(note["info"] == {"kind": "ExecCredential", "apiVersion": version,
                               "spec": {"interactive": False}}, str(note))
        check(note["args"] == ["plain", "--flag"] and note["extra"] == "from the kubeconfig" and
              note["input"] == "" and note["home"] == b.folder, str(note))
        check(authorization(server, 1) == f"Bearer CANARY-{len(notes(b))}", str(server.requests))
    check(len(notes(b)) == 2, "once for each command, not for each request")


def case_plugin_expires(b):
    server = plugin(b, "expired")
    b.good("GET", "/a", "/b")
    check(authorization(server, 1) == "Bearer CANARY-2", str(server.requests))
    server = plugin(b, "lasting")
    b.good("GET", "/a", "/b")
    check(authorization(server, 1) == "Bearer CANARY-3", str(server.requests))


def case_plugin_asked_again_after_401(b):
    server = plugin(b, "plain", server=Server(always(UNAUTHORIZED, answer())))
    b.good(*GET)
    check([authorization(server, 0), authorization(server, 1)]
          == ["Bearer CANARY-1", "Bearer CANARY-2"], str(server.requests))
    server = plugin(b, "plain", server=Server(always(UNAUTHORIZED)))
    b.bad(HTTPS + "the server answered 401 Unauthorized: Unauthorized [EACCES]", *GET)
    check(len(server.requests) == 2, "once, not for ever")


def case_plugin_certificate(b):
    names = []

    def talk(server, connection, _):
        names.append(str(connection.getpeercert()["subject"]))
        always(answer())(server, connection, _)
    server = tls(b, "good", talk, client_ca="ca")
    plugin(b, "cert", b.cert("client.pem"), b.cert("client.key"), server=server)
    b.good("GET", "/a", "/b")
    check(len(names) == 1 and "alice" in names[0], str(names))
    plugin(b, "cert", b.cert("good.pem"), b.cert("client.key"), server=server)
    b.bad(HTTPS + PLUGIN + ": certificate and key do not belong together [EINVAL]", *GET)


def case_plugin_told_of_cluster(b):
    server = tls(b, "good")
    b.config(server, user={"exec": {
        "apiVersion": V1, "command": PLUGIN, "args": ["plain"], "provideClusterInfo": True,
        "interactiveMode": "Never", "env": [{"name": "PLUGIN_NOTE", "value": b.path("note")}]}},
        extensions=[{"name": "client.authentication.k8s.io/exec",
                     "extension": {"audience": "a", "list": [1, True, None, {"x": "y"}]}}],
        **{"tls-server-name": "localhost"})
    b.good(*GET)
    cluster = notes(b)[0]["info"]["spec"]["cluster"]
    ca = cluster.pop("certificate-authority-data")
    check(len(ca) > 400 and cluster == {
        "server": f"https://127.0.0.1:{server.port}", "tls-server-name": "localhost",
        "config": {"audience": "a", "list": [1, True, None, {"x": "y"}]}}, str(cluster))


def case_plugin_beside_the_kubeconfig(b):
    os.mkdir(b.path("bin"))
    shutil.copy(PLUGIN, b.path("bin/get-token"))
    server = plugin(b, "plain", command="bin/get-token")
    b.good(*GET)
    plugin(b, "plain", server=server, command="get-token")
    b.good(*GET, env={"PATH": b.path("bin") + ":" + os.environ["PATH"]})
    check(len(server.requests) == 2, str(server.requests))


def case_plugin_missing(b):
    plugin(b, "plain", command="no-such-plugin", installHint="Get it from\nexample.com \x1b[31m")
    b.bad(HTTPS + "credential plug-in no-such-plugin is not installed: Get it from\\nexample.com "
          "\\x1b[31m [ENOENT]", *GET)
    path = b.path("not-executable")
    write(path, "")
    os.chmod(path, stat.S_IRUSR)
    plugin(b, "plain", command=path)
    b.bad(HTTPS + "credential plug-in " + path + ": Permission denied [EACCES]", *GET)


def case_plugin_faults(b):
    for what, says in (
            ("fails", " ended with exit status 3 [EACCES]"),
            ("garbage", ": what it prints is no JSON [EBADMSG]"),
            ("empty", ": its status has neither a token nor a client certificate [EBADMSG]"),
            ("half", ": its status has only one of certificate and key [EBADMSG]"),
            ("nostatus", ": its ExecCredential has no status [EBADMSG]"),
            ("version", f": the kubeconfig asks it for {V1}, and it prints "
                        "client.authentication.k8s.io/v1alpha1 [EBADMSG]"),
            ("badtime", ": its expirationTimestamp is no time [EBADMSG]"),
            ("floods", ": it prints more than 1048576 bytes [EFBIG]")):
        server = plugin(b, what)
        said = b.bad(HTTPS + "credential plug-in " + PLUGIN + says, *GET)
        check(what != "fails" or "please log in again" in said, said)
        check(server.count == 0, "the server was asked all the same")
    plugin(b, "linebreak")
    b.bad(HTTPS + PLUGIN + ": the token holds a blank or control character [EINVAL]", *GET)


def case_plugin_hangs(b):
    plugin(b, "hangs")
    b.bad(HTTPS + "credential plug-in " + PLUGIN + ": it has not ended in time [ETIMEDOUT]",
          "--timeout", "2s", *GET, most=4)


def from_fifo(fd, patience_s):
    """What comes next, b"" at the end of the last writer."""
    ready, _, _ = select.select([fd], [], [], patience_s)
    return os.read(fd, 4096) if ready else b"nothing in time"


def case_plugin_ends_with_us(b):
    """Ctrl-C and kill reach a plug-in that has no terminal, and what it has started."""
    server = plugin(b, "held", b.path("held"))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.mkfifo(b.path("held"))
        held = os.open(b.path("held"), os.O_RDONLY | os.O_NONBLOCK)
        # Whatever runs the tests may ignore these signals.
        process = subprocess.Popen(
            ["env", "--default-signal=INT,TERM,HUP", b.program, *GET], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env={"PATH": os.environ["PATH"], "HOME": b.folder, "KUBECONFIG": b.path("config")})
        check(from_fifo(held, 60) == b"begun\n", "the plug-in was not started")
        process.send_signal(number)
        check(-process.wait(60) == number, f"ended by {process.returncode}")
        check(from_fifo(held, 60) == b"", f"the plug-in outlives {number.name}")
        os.close(held)
        os.unlink(b.path("held"))
    check(server.count == 0, "the server was asked all the same")


# Runs a program with a terminal that is not its standard input, and prints what comes there.
TERMINAL = """
import os, pty, sys
pid, master = pty.fork()
if pid == 0:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.execv(sys.argv[1], sys.argv[1:])
try:
    while part := os.read(master, 4096):
        os.write(1, part)
except OSError:
    pass  # so ends a terminal
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def case_plugin_without_terminal(b):
    """One that asks at /dev/tty behind an empty input fails at once; it is not stopped for good."""
    plugin(b, "terminal")
    r = subprocess.run(
        [sys.executable, "-c", TERMINAL, b.program, *GET], stdin=subprocess.DEVNULL,
        capture_output=True, timeout=300, check=False,
        env={"PATH": os.environ["PATH"], "HOME": b.folder, "KUBECONFIG": b.path("config")})
    check(r.returncode == 2 and b"ended with exit status 1" in r.stdout, str(r))


def case_plugin_must_ask(b):
    plugin(b, "plain", interactiveMode="Always")
    b.bad(HTTPS + "credential plug-in " + PLUGIN + " must ask somebody (interactiveMode: Always), and "
          "standard input is no terminal [ENOTTY]", *GET)
    plugin(b, "plain", interactiveMode=None)
    code, _, said = b.run(*GET)
    check(code == 2 and "exec needs an interactiveMode: Never, IfAvailable or Always" in said, said)
    plugin(b, "plain", version=V1BETA1, interactiveMode=None)
    b.good(*GET)


def case_plugin_refused(b):
    plugin(b, "plain")
    b.bad(HTTPS + 'user "u" of ' + b.path("config") + " needs a credential plug-in (" + PLUGIN
          + "), which this command never runs: use a service account [EPERM]", "--no-exec", *GET)
    check(not os.path.exists(b.path("note")), "it was run")


def case_token_wins_over_plugin(b):
    server = plugin(b, "plain")
    with open(b.path("config"), encoding="utf-8") as f:
        config = json.load(f)
    config["users"][0]["user"]["token"] = "CANARY-token"
    write(b.path("config"), json.dumps(config))
    b.good(*GET)
    check(authorization(server) == "Bearer CANARY-token" and not os.path.exists(b.path("note")),
          str(server.requests))


# ---- certificates that are renewed while we run ----

def copy_pair(b, name, key=None):
    """Into the files that the kubeconfig names; the key first, as some who renew do."""
    for source, to in ((f"{key or name}.key", "mine.key"), (f"{name}.pem", "mine.pem")):
        shutil.copy(b.cert(source), b.path(to + ".new"))
        os.rename(b.path(to + ".new"), b.path(to))


def renewing(b, name, key=None):
    """The second request is answered 401, when the files have changed. Who asked, one after the other."""
    names = []
    copy_pair(b, "client")

    def talk(server, connection, _):
        while server.request(connection):
            names.append(connection.getpeercert()["subject"][0][0][1])
            if len(names) == 2:
                copy_pair(b, name, key)
            connection.sendall(UNAUTHORIZED if len(names) == 2 else answer())
    tls(b, "good", talk, client_ca="ca", user={"client-certificate": "mine.pem",
                                               "client-key": "mine.key"})
    return names


def case_certificate_renewed(b):
    names = renewing(b, "bob")
    b.good("GET", "/a", "/b", "/c")
    check(names == ["alice", "alice", "bob", "bob"], str(names))


def case_certificate_half_renewed(b):
    """A certificate whose key is still to come is not taken; the old one stays."""
    names = renewing(b, "bob", "client")
    code, out, said = b.run("GET", "/a", "/b", "/c")
    check(code == 2 and said.count("401 Unauthorized") == 1 and names == ["alice"] * 3,
          f"{names} {said}")


def case_authority_renewed(b):
    """The server's new certificate is of an authority that the file names since."""
    def talk(server, connection, _):
        server.request(connection)
        server.context = context(b.certs, "good2")
        shutil.copy(b.cert("ca2.pem"), b.path("ca.new"))
        os.rename(b.path("ca.new"), b.path("ca.pem"))
        connection.sendall(answer(more="Connection: close\r\n"))
    shutil.copy(b.cert("ca.pem"), b.path("ca.pem"))
    server = tls(b, "good", talk, cluster={"certificate-authority": "ca.pem"})
    b.good("GET", "/a", "/b", "/c")
    check(len(server.requests) == 3, str(server.requests))
    os.unlink(b.path("ca.pem"))
    shutil.copy(b.cert("ca.pem"), b.path("ca.pem"))
    server.context = context(b.certs, "good2")
    b.bad(HTTPS + "the server's certificate is signed by \"other-ca\", an authority that is not in "
          + b.path("ca.pem") + " [EKEYREJECTED]", *GET)


# Prints another certificate each time, which has expired at once.
TURNS = """#!/bin/sh
echo x >> "$0.runs"
if [ $(($(wc -l < "$0.runs") % 2)) = 1 ]; then cat "$0.alice"; else cat "$0.bob"; fi
"""


def case_plugin_rotates_certificates(b):
    """Each request has a new certificate and a connection of its own, and what was for the old ones goes:
    what one leaves behind is 26 KiB."""
    names, peaks = [], []
    write(b.path("turns"), TURNS)
    os.chmod(b.path("turns"), 0o700)
    for name, pair in (("alice", "client"), ("bob", "bob")):
        with open(b.cert(pair + ".pem"), encoding="ascii") as c, \
                open(b.cert(pair + ".key"), encoding="ascii") as k:
            write(b.path("turns." + name), json.dumps({
                "kind": "ExecCredential", "apiVersion": V1, "status": {
                    "expirationTimestamp": "2020-01-01T00:00:00Z",
                    "clientCertificateData": c.read(), "clientKeyData": k.read()}}))

    def talk(server, connection, _):
        names.append(connection.getpeercert()["subject"][0][0][1])
        always(answer())(server, connection, _)
    server = tls(b, "good", talk, client_ca="ca")
    plugin(b, "x", server=server, command=b.path("turns"))
    for count in (4, 100):
        names.clear()
        _, said = b.good("--peak", "GET", *["/a"] * count, most=60)
        check(len(names) == count and set(names[::2]) == {"alice"} and set(names[1::2]) == {"bob"},
              str(names))
        peaks.append(int(said.split("peak:")[1].split()[0]))
    with open(b.program, "rb") as f:
        if b"__asan_init" in f.read():
            return  # which keeps what is freed
    check(peaks[1] < peaks[0] + 1024, f"{peaks} KiB for 4 and 100 certificates")
