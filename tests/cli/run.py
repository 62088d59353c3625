#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the command-line cases (tests/cli/GROUP/*.case; the format is told in case.py).

    tests/cli/run.py --program build/src/plimsoll [--update] [--jobs N] [GROUP | FILE.case]...

Each case runs in an empty directory of its own with a fixed environment. Besides what a case
expects, each must hold these: no death by a signal, no sanitizer report, no control byte on stdout
or stderr, output that claims to be JSON parses, and the limits (10 s and 256 MiB by default).
--update rewrites the expected output where a case states it byte for byte; never the exit status.

Exit: 0 all passed, 1 some failed, 77 all were skipped.
"""
import argparse
import concurrent.futures
import difflib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from case import BadCase, Case, content, covers, made, unsafe_bytes  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(HERE))
CORPUS = os.path.join(os.path.dirname(ROOT), "shared", "corpus")
SANITIZER = re.compile(rb"(AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:)")
ENVIRONMENT = {
    "LC_ALL": "C", "NO_COLOR": "1", "TZ": "UTC", "HOME": "/nonexistent", "COLUMNS": "100",
    "ASAN_OPTIONS": "abort_on_error=0:exitcode=99:detect_leaks=0:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99",
}


def expand(text):
    return text.replace("@examples", os.path.join(ROOT, "examples")).replace("@corpus", CORPUS)


class Result:
    def __init__(self, code, out, err, seconds, rss_mib):
        self.code, self.out, self.err = code, out, err
        self.seconds, self.rss_mib = seconds, rss_mib


def prepare(case, folder):
    """Writes the input files of the case; returns the bytes of standard input."""
    stdin = b""
    for s in case.sections:
        if s.name == "stdin":
            stdin = content(s, s.args)
        elif s.name in ("file", "make"):
            path = os.path.join(folder, s.args[0])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(made(s) if s.name == "make" else content(s, s.args[1:]))
    return stdin


def execute(case, program, folder, extra_env=None, timeout=None):
    """Runs the case once in folder; the Result, or None when it took too long."""
    stdin = prepare(case, folder)
    bin_dir = os.path.join(folder, ".bin")
    os.makedirs(bin_dir, exist_ok=True)
    os.symlink(program, os.path.join(bin_dir, "plimsoll"))
    env = dict(ENVIRONMENT, PATH=bin_dir + ":/usr/bin:/bin")
    for line in case.lines("env"):
        key, _, value = line.partition("=")
        env[key] = expand(value)
    env.update(extra_env or {})
    script = expand(case.first("run").text)
    timeout = timeout or case.limit("seconds", 10) * slowness(program)
    in_path, out_path, err_path = (os.path.join(bin_dir, n) for n in ("in", "out", "err"))
    with open(in_path, "wb") as f:
        f.write(stdin)
    with open(in_path, "rb") as i, open(out_path, "wb") as o, open(err_path, "wb") as e:
        began = time.monotonic()
        process = subprocess.Popen(["/bin/sh", "-c", script], stdin=i, stdout=o, stderr=e, env=env,
                                   cwd=folder, start_new_session=True)
        late = threading.Event()
        timer = threading.Timer(timeout, lambda: (late.set(), os.killpg(process.pid, 9)))
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        timer.cancel()
    if late.is_set():
        return None
    with open(out_path, "rb") as o, open(err_path, "rb") as e:
        return Result(process.returncode, o.read(), e.read(), time.monotonic() - began,
                      usage.ru_maxrss / 1024)


def sanitized(program):
    with open(program, "rb") as f:
        return b"__asan_init" in f.read()


_slow = {}


def slowness(program):
    """Time limits are for an ordinary build; a sanitizer build gets more."""
    if program not in _slow:
        _slow[program] = 10 if sanitized(program) else 2
    return _slow[program]


def compare(case, name, got, faults):
    """Holds stdout or stderr against what the case says of it."""
    sections = case.all(name)
    if not sections:
        if got:
            faults.append(f"{name} should be empty, is:\n{indent(got)}")
        return
    text = got.decode("utf-8", "replace")
    for s in sections:
        mode = s.args[0] if s.args else "exact"
        lines = [expand(l) for l in s.text.splitlines() if l]
        if mode == "exact":
            if s.text != text:
                diff = difflib.unified_diff(s.text.splitlines(), text.splitlines(), "expected",
                                            name, lineterm="")
                faults.append("\n".join(diff) or f"{name}: only the last newline differs")
        elif mode in ("contains", "lacks"):
            for l in lines:
                if (l in text) != (mode == "contains"):
                    faults.append(f"{name}: {mode} `{l}` does not hold for:\n{indent(got)}")
        elif mode == "matches":
            for l in lines:
                if not re.search(l, text, re.M):
                    faults.append(f"{name}: no match of /{l}/ in:\n{indent(got)}")
        elif mode == "json":
            try:
                why = covers(json.loads(s.text), json.loads(text))
            except ValueError as e:
                why = str(e)
            if why:
                faults.append(f"{name}: {why}")
        elif mode != "any":
            raise BadCase(f"{case.path}:{s.line}: unknown mode {mode}")


def indent(data):
    text = data.decode("utf-8", "backslashreplace")
    return "\n".join("    " + l for l in text[:4000].splitlines())


def judge(case, r, folder, program):
    """Every reason why the run is not what the case expects."""
    faults = []
    if r is None:
        return ["did not end within its time limit"]
    if r.code != case.exit_code:
        faults.append(f"exit status {r.code}, expected {case.exit_code}")
    if SANITIZER.search(r.err) or r.code == 99:
        faults.append("sanitizer report:\n" + indent(r.err))
    for name, data in (("stdout", r.out), ("stderr", r.err)):
        why = unsafe_bytes(data)
        if why:
            faults.append(f"{name}: {why}")
        compare(case, name, data, faults)
    if r.out.startswith(b"{") and "any" not in sum((s.args for s in case.all("stdout")), []):
        try:
            json.loads(r.out)
        except ValueError as e:
            faults.append(f"stdout begins as JSON but is none: {e}")
    for s in case.all("output"):
        path = os.path.join(folder, s.args[0])
        got = open(path, "rb").read().decode("utf-8", "replace") if os.path.exists(path) else None
        if got != s.text:
            faults.append(f"file {s.args[0]}: expected\n{s.text}\ngot\n{got}")
    if not sanitized(program) and r.rss_mib > case.limit("rss_mib", 256):
        faults.append(f"used {r.rss_mib:.0f} MiB, limit {case.limit('rss_mib', 256):.0f}")
    return faults


def missing(case):
    """Why the case cannot run here, or None."""
    for need in case.lines("needs"):
        path = expand(need)
        if not os.path.exists(path):
            return f"{need.replace('@corpus', '../shared/corpus')} is not here"
    return None


def update(case, r):
    """Takes over what the program did as what is expected."""
    changed = False
    for name, data in (("stdout", r.out), ("stderr", r.err)):
        s = case.first(name)
        if s and not s.args and s.text != data.decode("utf-8", "replace"):
            s.text, changed = data.decode("utf-8", "replace"), True
    if changed:
        case.write()
    return changed


def one(path, options):
    """Runs one case: (path, 'ok'|'FAIL'|'skip'|'new', text)."""
    try:
        case = Case(path)
        why = missing(case)
        if why:
            return path, "skip", why
        folder = tempfile.mkdtemp(prefix="plimsoll-cli-")
        try:
            r = execute(case, options.program, folder)
            if options.update and r and update(case, r):
                return path, "new", ""
            faults = judge(case, r, folder, options.program)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return path, "FAIL" if faults else "ok", "\n".join(faults)
    except (BadCase, OSError, ValueError, SyntaxError, NameError, TypeError, IndexError) as e:
        return path, "FAIL", f"{type(e).__name__}: {e}"


def collect(words):
    """The case files of groups and paths; all without words."""
    paths = []
    for word in words or sorted(os.listdir(HERE)):
        folder = os.path.join(HERE, word)
        if word.endswith(".case"):
            paths.append(os.path.abspath(word))
        elif os.path.isdir(folder):
            paths += sorted(os.path.join(folder, n) for n in os.listdir(folder)
                            if n.endswith(".case"))
        elif words:
            sys.exit(f"run.py: no group or case {word}")
    return paths


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--program", required=True)
    p.add_argument("--update", action="store_true")
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    p.add_argument("words", nargs="*", metavar="GROUP|FILE.case")
    options = p.parse_args()
    options.program = os.path.abspath(options.program)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    paths = collect(options.words)
    if not paths:
        sys.exit("run.py: no cases found")
    count = {"ok": 0, "FAIL": 0, "skip": 0, "new": 0}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for path, verdict, text in pool.map(lambda x: one(x, options), paths):
            count[verdict] += 1
            name = os.path.relpath(path, ROOT)
            if verdict == "FAIL":
                print(f"FAIL {name}\n" + "\n".join("  " + l for l in text.splitlines()))
            elif verdict == "skip":
                print(f"skip: {name}: {text}")
            elif verdict == "new":
                print(f"updated {name}")
    print(f"{count['ok']} passed, {count['FAIL']} failed, {count['skip']} skipped"
          + (f", {count['new']} updated" if count["new"] else ""))
    sys.exit(1 if count["FAIL"] else 77 if count["skip"] == len(paths) else 0)


if __name__ == "__main__":
    main()
