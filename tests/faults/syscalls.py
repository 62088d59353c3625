#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""System calls that fail (strace -e inject): what the kernel refuses must become one clean message
and the documented exit status, an interruption must not show at all, and an output file that
existed must stay as it was.

    tests/faults/syscalls.py --program build/src/plimsoll

Each row: what is shown, the command, the file whose calls are hit (None: all of the process, so
only calls that the dynamic loader does not make), the fault, and what must come of it.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

POD = """apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - name: web
    image: example.org/web:1.0
    resources: {limits: {memory: 64Mi}, requests: {memory: 64Mi}}
"""
OLD = "what was here before\n"
PROBED = POD + "    livenessProbe: {httpGet: {path: /live, port: 8080}}\n"

READ = ["inspect", "-f", "pod.yaml", "-o", "json"]
FOLDER = ["inspect", "-f", "folder", "-o", "json"]
FIX = ["check", "--fix", "-f", "fix.yaml", "-o", "json=/dev/null"]
TO_FILE = ["version", "-o", "json=old.json"]
# (title, command, file, fault, exit status or None = as undisturbed, text on stderr)
ROWS = [
    ("a file that cannot be opened", READ, "pod.yaml", "openat:error=EACCES", 2, "pod.yaml"),
    ("no file descriptor left", READ, "pod.yaml", "openat:error=EMFILE", 2, "pod.yaml"),
    ("a file that vanishes after it was listed", FOLDER, "folder/pod.yaml",
     "openat:error=ENOENT", 2, "pod.yaml"),
    ("a disk that cannot be read", READ, "pod.yaml", "read,pread64,mmap:error=EIO", 2, "pod.yaml"),
    ("interrupted open", READ, "pod.yaml", "openat:error=EINTR:when=1", None, ""),
    ("interrupted read", READ, "pod.yaml", "read,pread64:error=EINTR:when=1", None, ""),
    ("interrupted later read", READ, "pod.yaml", "read,pread64:error=EINTR:when=2", None, ""),
    ("no thread can be made", FOLDER, None, "clone,clone3:error=EAGAIN", None, ""),
    ("a folder that cannot be listed", FOLDER, "folder", "getdents64:error=EIO", 2, "folder"),
    ("interrupted write", READ, "out", "write:error=EINTR:when=1", None, ""),
    ("standard output without space", READ, "out", "write:error=ENOSPC", 2, "No space left"),
    ("standard output that fails", READ, "out", "write:error=EIO", 2, "Input/output error"),
    ("an output file without space", TO_FILE, None, "write:error=ENOSPC:when=1", 2,
     "No space left"),
    ("an output file that cannot be closed", TO_FILE, None, "fchmod:error=EIO", 2,
     "Input/output error"),
    ("an output file that cannot be put in place", TO_FILE, None,
     "rename,renameat,renameat2:error=EROFS", 2, "Read-only file system"),
    ("a file to be fixed that may not be written", FIX, "fix.yaml", "openat:error=EACCES:when=2", 2,
     "Permission denied"),
    ("no space for a fixed file", FIX, None, "write:error=ENOSPC:when=1", 2, "No space left"),
    ("a fixed file that cannot be flushed", FIX, None, "fsync:error=EIO:when=1", 2,
     "Input/output error"),
    ("a fixed file whose mode cannot be kept", FIX, None, "fchmod:error=EPERM", 2,
     "Operation not permitted"),
    ("a fixed file that cannot be put in place", FIX, None,
     "rename,renameat,renameat2:error=EROFS", 2, "Read-only file system"),
    ("interrupted write of a fixed file", FIX, None, "write:error=EINTR:when=1", None, ""),
    ("a folder that cannot be flushed", FIX, None, "fsync:error=EIO:when=2", None, ""),
]


class Fault(Exception):
    pass


def run(program, words, folder, path=None, fault=None):
    """(status, stdout, stderr) of the program in a fresh folder, under strace with a fault."""
    os.makedirs(os.path.join(folder, "folder"))
    for name, text in (("pod.yaml", POD), ("folder/pod.yaml", POD), ("folder/b.yaml", POD),
                       ("old.json", OLD), ("fix.yaml", PROBED)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)
    log = os.path.join(folder, "trace")
    command = [program, *words]
    if fault:
        calls = fault.split(":")[0]
        traced = ["strace", "-f", "-qq", "-o", log, "-e", "trace=" + calls, "-e",
                  "inject=" + fault]
        if path:
            traced += ["-P", os.path.join(folder, path), "-P", path]
        command = traced + command
    env = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent",
           "ASAN_OPTIONS": "detect_leaks=0"}
    with open(os.path.join(folder, "out"), "w+b") as out:
        done = subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out,
                              stderr=subprocess.PIPE, timeout=60, check=False)
        out.seek(0)
        text = out.read()
    if fault and path != "out":
        with open(log, encoding="utf-8", errors="replace") as f:
            if "(INJECTED)" not in f.read():
                raise Fault("the fault was never met: the row tests nothing")
    said = [l for l in done.stderr.decode("utf-8", "replace").splitlines(True)
            if not l.startswith("strace: Requested path")]
    return done.returncode, text, "".join(said)


def judge(program, row):
    title, words, path, fault, status, text = row
    folders = [tempfile.mkdtemp(prefix="plimsoll-faults-") for _ in range(2)]
    try:
        clean = run(program, words, folders[0])
        got = run(program, words, folders[1], path, fault)
        with open(os.path.join(folders[1], "old.json"), encoding="utf-8") as f:
            kept = f.read() == OLD
        with open(os.path.join(folders[1], "fix.yaml"), encoding="utf-8") as f:
            fixed = f.read()
        left = [n for n in os.listdir(folders[1]) if re.match(r"old\.json.+|\.fix", n)]
    finally:
        for folder in folders:
            shutil.rmtree(folder)
    if status is None:
        if got != clean:
            raise Fault(f"should not show; gave {got}")
        if words is FIX and (fixed == PROBED or left):
            raise Fault(f"the file is not fixed, or {left} left behind")
        return
    if got[0] != status:
        raise Fault(f"exit status {got[0]}, expected {status}; stderr {got[2]!r}")
    if text not in got[2]:
        raise Fault(f"stderr lacks `{text}`: {got[2]!r}")
    if words is FIX and (fixed != PROBED or left):
        raise Fault(f"the file has changed, or {left} left behind")
    if words is TO_FILE and (not kept or left):
        raise Fault(f"the file that was there is {'kept' if kept else 'lost'}, left: {left}")


def can_trace():
    if not shutil.which("strace"):
        return "strace is not installed"
    done = subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", "inject=fsync:error=EIO",
                           "true"], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else "strace may not trace here: " + done.stderr.strip()


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--program", required=True)
    program = os.path.abspath(p.parse_args().program)
    why = can_trace()
    if why:
        print(f"skip: system call faults: {why}")
        sys.exit(77)
    failed = 0
    for row in ROWS:
        try:
            judge(program, row)
        except (Fault, subprocess.TimeoutExpired) as e:
            failed += 1
            print(f"FAIL {row[0]} ({row[3]}): {e}")
    print(f"{len(ROWS) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
