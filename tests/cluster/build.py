#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds kube-apiserver, kube-scheduler, kube-controller-manager, kubectl and kubelet.

From the Go modules that go.mod pins; the result is kept outside the tree, so it is made once:
XDG_CACHE_HOME/plimsoll/kubernetes-VERSION-HASH, where HASH is of go.mod, go.sum and the flags.

usage: build.py [PROGRAM]...     prints the folder; 77: it cannot be done here, and why
"""
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kubelet"]
NEEDED = PROGRAMS[:3]
GO_LEAST = (1, 26)
MOST_SECONDS = 25 * 60


class Unavailable(Exception):
    """The bench cannot run here; the text says why."""


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        return f.read()


def kubernetes_version():
    return re.search(r"k8s.io/kubernetes (v\S+)", read("go.mod")).group(1)


def flags():
    version = kubernetes_version()
    major, minor = version[1:].split(".")[:2]
    stamp = "k8s.io/component-base/version.git"
    return ["-trimpath", "-mod=readonly", "-ldflags",
            f"-s -w -X {stamp}Version={version} -X {stamp}Major={major} -X {stamp}Minor={minor}"]


def folder():
    digest = hashlib.sha256("\0".join([read("go.mod"), read("go.sum"), *flags()]).encode())
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(cache, "plimsoll",
                        f"kubernetes-{kubernetes_version()[1:]}-{digest.hexdigest()[:12]}")


def present(programs):
    return all(os.access(os.path.join(folder(), p), os.X_OK) for p in programs)


def need_go():
    if not shutil.which("go"):
        raise Unavailable("Go is not installed")
    # Not the toolchain that go.mod asks for: nothing is downloaded to find out.
    said = subprocess.run(["go", "version"], cwd="/", capture_output=True, text=True, check=False,
                          env=dict(os.environ, GOTOOLCHAIN="local")).stdout
    found = re.search(r"go(\d+)\.(\d+)", said)
    if not found or tuple(map(int, found.groups())) < GO_LEAST:
        raise Unavailable(f"Go {GO_LEAST[0]}.{GO_LEAST[1]} is needed, this is {said.strip()}")


def go(*words, cwd=HERE, **options):
    """Go in this folder, ended with all that it started when time is up."""
    with subprocess.Popen(["go", *words], cwd=cwd, text=True, stderr=subprocess.PIPE,
                          start_new_session=True, **options) as process:
        try:
            _, said = process.communicate(timeout=MOST_SECONDS)
        except subprocess.TimeoutExpired as e:
            os.killpg(process.pid, signal.SIGKILL)
            raise Unavailable(f"go {words[0]} was not done after {MOST_SECONDS // 60} min") from e
    return process.returncode, said.strip()


def fetch_kubernetes():
    """A module proxy that does not answer is a reason to skip; anything else is a failure. The
    modules that Kubernetes needs are fetched by the build, and no others."""
    code, said = go("mod", "download", f"k8s.io/kubernetes@{kubernetes_version()}")
    if code:
        last = (said or "go mod download failed").splitlines()[-1]
        raise Unavailable(f"no modules from the Go proxy: {last[-300:]}")


def compile_programs(programs):
    to = folder()
    os.makedirs(to, exist_ok=True)
    missing = [p for p in programs if not present([p])]
    with tempfile.TemporaryDirectory(dir=to) as part:
        code, said = go("build", *flags(), "-o", part + "/",
                        *(f"k8s.io/kubernetes/cmd/{p}" for p in missing),
                        env=dict(os.environ, CGO_ENABLED="0", GOFLAGS=""))
        if code:
            sys.exit(f"cluster: go build failed:\n{said[-3000:]}")
        for program in missing:
            os.rename(os.path.join(part, program), os.path.join(to, program))


def binaries(programs=None):
    """The folder of the programs; builds what is missing. One build at a time."""
    programs = programs or NEEDED
    if not shutil.which("etcd"):
        raise Unavailable("etcd is not installed (etcd-server)")
    if not shutil.which("openssl"):
        raise Unavailable("openssl is not installed")
    if present(programs):
        return folder()
    need_go()
    os.makedirs(os.path.dirname(folder()), exist_ok=True)
    with open(folder() + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not present(programs):
            fetch_kubernetes()
            compile_programs(programs)
    return folder()


def exec_peer():
    """The program of execpeer/, a module of its own with the same versions."""
    digest = hashlib.sha256("\0".join(read(f"execpeer/{n}") for n in ("main.go", "go.mod")).encode())
    program = os.path.join(binaries(), f"execpeer-{digest.hexdigest()[:12]}")
    if os.access(program, os.X_OK):
        return program
    need_go()
    with open(folder() + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        where = os.path.join(HERE, "execpeer")
        code, said = go("mod", "download", "k8s.io/cri-streaming", "k8s.io/apiserver", cwd=where)
        if code:
            raise Unavailable(f"no modules from the Go proxy: {said.splitlines()[-1][-300:]}")
        code, said = go("build", "-trimpath", "-mod=readonly", "-ldflags=-s -w", "-o",
                        program + ".part", ".", cwd=where,
                        env=dict(os.environ, CGO_ENABLED="0", GOFLAGS=""))
        if code:
            sys.exit(f"cluster: go build failed:\n{said[-3000:]}")
        os.rename(program + ".part", program)
    return program


if __name__ == "__main__":
    try:
        print(binaries(sys.argv[1:] or PROGRAMS))
    except Unavailable as e:
        print(f"skip: cluster: {e}")
        sys.exit(77)
