# SPDX-License-Identifier: Apache-2.0
"""Commands in containers (src/client/exec) through the real API server, by both of its ways: to a node of
before 1.36 it translates WebSocket to SPDY itself, to one of 1.36 it hands the WebSocket through. The
node's side is execpeer/: the kubelet's way and the streaming server of container runtimes."""
import hashlib
import os
import signal
import subprocess
import time

import pytest

import build
import player as play
from api import create
from conftest import wait_until
from processes import Process, free_ports

WAYS = {"spdy": [], "websocket": ["ExtendWebSocketsToKubelet"]}


class Peer:
    """A node whose kubelet is execpeer, and a pod on it."""

    def __init__(self, plane, folder, way, namespace, driver):
        self.plane, self.way, self.namespace, self.driver = plane, way, namespace, driver
        self.name = f"exec-{way}"
        try:
            program = build.exec_peer()
        except build.Unavailable as e:
            pytest.skip(str(e))
        port, = free_ports(1)
        a = plane.authority
        self.log = str(folder / "peer.log")
        self.process = Process("execpeer", [program, a.path("apiserver.crt"), a.path("apiserver.key"),
                                            str(port)], self.log).start()
        wait_until(lambda: "listening" in self.process.tail(), "execpeer")
        node = play.node(0, name=self.name,
                         taints=[{"key": "bench/exec", "effect": "NoSchedule"}])
        node["status"].update(
            addresses=[{"type": "InternalIP", "address": "127.0.0.1"}],
            daemonEndpoints={"kubeletEndpoint": {"Port": port}}, declaredFeatures=WAYS[way])
        create(plane.api, node)
        wait_until(lambda: plane.api.raw(
            "GET", f"/api/v1/namespaces/{namespace}/serviceaccounts/default")[0] == 200,
                   "the service account")
        create(plane.api, {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "box", "namespace": namespace},
            "spec": {"nodeName": self.name, "containers": [
                {"name": n, "image": "registry.example.com/box:v1"} for n in ("main", "side")]}})

    def asked(self):
        with open(self.log, encoding="utf-8") as f:
            return [line.split() for line in f if self.namespace in line]

    def __call__(self, *words, container="main", stdin=None, most_s=None, config=None, pod="box"):
        flags = ["--stdin"] * (stdin is not None) + (["--most", str(most_s)] if most_s else [])
        return subprocess.run(
            [self.driver.path, "--kubeconfig", config or self.plane.admin, *flags, "exec",
             self.namespace, pod, container, *words], input=stdin or b"", capture_output=True,
            timeout=300, check=False)

    def kill(self):
        """With the commands that it runs."""
        if self.process.running():
            os.killpg(self.process.popen.pid, signal.SIGKILL)
            self.process.popen.wait()

    def stop(self):
        self.kill()
        self.plane.api.delete(f"/api/v1/namespaces/{self.namespace}/pods/box?gracePeriodSeconds=0")
        self.plane.api.delete(f"/api/v1/nodes/{self.name}")


@pytest.fixture(params=sorted(WAYS))
def peer(request, plane, namespace, driver, tmp_path):
    p = Peer(plane, tmp_path, request.param, namespace, driver)
    yield p
    p.stop()


def test_exec(peer):
    """Output and error output apart, exit codes and signals, words as they are."""
    r = peer("sh", "-c", "printf out; printf err >&2; exit 3")
    assert (r.returncode, r.stdout, r.stderr) == (3, b"out", b"err"), r
    assert peer("true").returncode == 0
    assert peer("sh", "-c", "kill -9 $$").returncode == 137
    odd = ["a b", "", "\u00e9&x=1", "$HOME", "'\"%20"]
    r = peer("printf", "%s|", *odd)
    assert r.returncode == 0 and r.stdout.decode() == "|".join(odd) + "|", r
    asked = peer.asked()
    assert len(asked) == 4 and {a[0] for a in asked} == {peer.way}, asked
    assert peer("true", container="side").returncode == 0
    assert peer.asked()[-1][1].endswith("/box/side")


def test_exec_input(peer):
    """Megabytes through standard input and back, and the end of it."""
    given = os.urandom(3 << 20)
    r = peer("sha256sum", stdin=given)
    assert r.returncode == 0 and r.stdout.split()[0].decode() == hashlib.sha256(given).hexdigest(), r
    r = peer("cat", stdin=given)
    assert r.returncode == 0 and r.stdout == given, (r.returncode, len(r.stdout), r.stderr)
    assert peer("cat", stdin=b"").stdout == b""
    r = peer("head", "-c", str(16 << 20), "/dev/zero")
    assert r.returncode == 0 and len(r.stdout) == 16 << 20, (r.returncode, len(r.stdout))


@pytest.mark.parametrize("words, code, most", [
    (["head", "-c", "10"], 0, 10), (["sh", "-c", "exit 3"], 3, 0)], ids=["head", "exit"])
def test_exec_input_not_read(peer, words, code, most):
    """How a command ended that does not read all of its input. The API server loses that when input meets
    the end (of kubectl's every third, here): it may still, on a busy machine, but then it is said, and
    where WebSockets are handed through it is never a success without its output."""
    given = os.urandom(3 << 20)
    runs = [peer(*words, stdin=given) for _ in range(10)]
    right = [r for r in runs if (r.returncode, r.stdout) == (code, given[:most])]
    lost = [r for r in runs if r.returncode == 250 and b"the connection ended" in r.stderr]
    assert len(right) >= 7, [(r.returncode, len(r.stdout), r.stderr) for r in runs]
    assert len(right) + len(lost) == 10 or peer.way == "spdy", runs


def test_exec_refused(peer):
    """What cannot be run is said, and is no exit code."""
    r = peer("no-such-program")
    assert r.returncode == 250 and b"the command did not run to its end: " in r.stderr and \
        b"no-such-program" in r.stderr and b"[EIO]" in r.stderr, r
    r = peer("true", container="nosuch")
    assert r.returncode == 250 and b"400 Bad Request: container nosuch is not valid for pod box" \
        in r.stderr, r
    r = peer("true", pod="nosuch")
    assert r.returncode == 250 and b'404 Not Found: pods "nosuch" not found' in r.stderr, r
    eve = peer.plane.user("exec-eve", file=os.path.join(os.path.dirname(peer.log), "eve"))
    r = peer("true", config=eve)
    assert r.returncode == 250 and b"403 Forbidden" in r.stderr and b'User "exec-eve" cannot ' in \
        r.stderr and b"[EPERM]" in r.stderr, r


def test_exec_ends(peer):
    """A deadline ends the wait, and so does a node that goes away. Where the API server translates, a
    node that ended without a word was seen as success by it, and a client cannot tell."""
    began = time.monotonic()
    r = peer("sleep", "90", most_s=2)
    assert r.returncode == 250 and b"did not end within 2 s; it may go on in the container" in r.stderr, r
    assert time.monotonic() - began < 120
    flags = [peer.driver.path, "--kubeconfig", peer.plane.admin, "exec", peer.namespace, "box", "main"]
    with subprocess.Popen([*flags, "sh", "-c", "echo begun; sleep 90"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as p:
        wait_until(lambda: len(peer.asked()) == 2, "the command")
        time.sleep(1)
        peer.kill()
        _, said = p.communicate(timeout=120)
    if peer.way == "websocket":
        assert p.returncode == 250 and b"error: " in said, said
    else:
        assert p.returncode in (0, 250), said
    r = peer("true")
    assert r.returncode == 250 and b"error: " in r.stderr, r
