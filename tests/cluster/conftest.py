# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests against the real Kubernetes; README.md tells them.

Each test has a namespace of its own; what needs a control plane of its own says own_plane().
"""
import os
import re
import subprocess
import tempfile
import threading
import time

import pytest

import build
import player as play
from control_plane import ControlPlane
from processes import PeakMemory

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
PROGRAM = os.path.join(ROOT, "build", "src", "plimsoll")


def pytest_addoption(parser):
    parser.addoption("--program", default=os.environ.get("PLIMSOLL", PROGRAM))
    parser.addoption("--update", action="store_true", help="rewrite the tables that tests hold")


def make_plane(**how):
    try:
        return ControlPlane(**how)
    except build.Unavailable as e:
        pytest.skip(str(e))


class Answer:
    """What a run of plimsoll printed, its exit status, and what it took."""

    def __init__(self, status, out, err, seconds, usage):
        self.code = os.waitstatus_to_exitcode(status)
        self.out, self.err, self.seconds = out, err, seconds
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.max_rss_bytes = 0

    def __repr__(self):
        return (f"exit {self.code} after {self.seconds:.1f} s\n--- stdout\n{self.out[:4000]}\n"
                f"--- stderr\n{self.err[:4000]}")


class Plimsoll:
    """plimsoll(kubeconfig, "check", "-n", "shop") runs it as a user would."""

    def __init__(self, program):
        self.program = program

    def __call__(self, kubeconfig, *words, timeout=120, stdin="", binary=False, env=None):
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8",
                       "NO_COLOR": "1", **(env or {})}
        if kubeconfig:
            environment["KUBECONFIG"] = str(kubeconfig)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, \
                tempfile.TemporaryFile() as given:
            given.write(stdin.encode())
            given.seek(0)
            began = time.monotonic()
            process = subprocess.Popen(
                [self.program, *words], env=environment, cwd=ROOT, stdout=out, stderr=err,
                stdin=given if stdin else subprocess.DEVNULL)
            guard = threading.Timer(timeout, process.kill)
            guard.start()
            memory = PeakMemory(process, "VmHWM")
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - began
            guard.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
            most_bytes = memory.end()
            texts = []
            for f in (out, err):
                f.seek(0)
                texts.append(f.read() if binary else f.read().decode(errors="replace"))
            answer = Answer(status, *texts, seconds, usage)
            answer.max_rss_bytes = most_bytes
            return answer

    def knows(self, verb):
        """Whether this build has the verb, so that a test of it can be told as skipped."""
        done = subprocess.run([self.program, verb, "--help"], capture_output=True, check=False)
        return done.returncode == 0


@pytest.fixture(scope="session")
def plimsoll(request):
    program = os.path.abspath(request.config.getoption("--program"))
    if not os.access(program, os.X_OK):
        pytest.skip(f"{program} is not built")
    return Plimsoll(program)


@pytest.fixture(scope="session")
def driver(request):
    program = os.path.abspath(request.config.getoption("--program"))
    path = os.path.join(os.path.dirname(program), "..", "tests", "act", "act_driver")
    if not os.access(path, os.X_OK):
        pytest.skip(f"{path} is not built")

    def run(plane, *words):
        r = subprocess.run([path, "--kubeconfig", plane.admin, *words], capture_output=True,
                           text=True, timeout=60, check=False)
        return r.returncode, (r.stdout + r.stderr).strip()
    run.path = path
    return run


@pytest.fixture(scope="session")
def plane():
    """The control plane that the tests share."""
    with make_plane() as p:
        yield p


@pytest.fixture(scope="session")
def player(plane):
    """Nine Ready nodes in three zones; pods that are bound to them run."""
    with play.Player(plane) as p:
        p.add_nodes([play.node(i) for i in range(9)])
        wait_nodes(plane, p)
        yield p
    assert not p.errors, p.errors[:3]


@pytest.fixture
def own_plane():
    """A control plane that the test may break: own_plane(scheduler=..., ...)."""
    planes = []

    def make(**how):
        planes.append(make_plane(**how).__enter__())
        return planes[-1]
    yield make
    for p in planes:
        p.stop()


@pytest.fixture
def namespace(plane, request):
    """A namespace of the test's own name."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:50].strip("-")
    plane.api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace",
                                            "metadata": {"name": name}})
    yield name
    plane.api.delete(f"/api/v1/namespaces/{name}")


def wait_until(done, what, patience_s=60):
    until = time.monotonic() + patience_s
    while not done():
        assert time.monotonic() < until, f"not within {patience_s} s: {what}"
        time.sleep(0.02)


def wait_nodes(plane, player, patience_s=120):
    """Until the scheduler may use every node: the controller has removed its first taint."""
    def ready():
        return not any(n["spec"].get("taints") for n in plane.api.items("/api/v1/nodes")
                       if n["metadata"]["name"] in player.nodes)
    wait_until(ready, "all nodes without taints", patience_s)


def wait_pods(plane, namespace, count, patience_s=120):
    """Until so many pods of the namespace run; returns them."""
    found = []

    def running():
        found[:] = [p for p in plane.api.items(f"/api/v1/namespaces/{namespace}/pods")
                    if p["status"].get("phase") == "Running"]
        return len(found) >= count
    wait_until(running, f"{count} running pods in {namespace}", patience_s)
    return found
