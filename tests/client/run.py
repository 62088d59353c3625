#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The API server's client against servers, proxies and plug-ins that behave badly, over real sockets.

    tests/client/run.py --request build/tests/client/client_request [NAME...]

Every fault must give one line that says what came, in time. No secret may appear in anything that is
printed: all of them hold the word CANARY. Needs the program openssl. Exit: 0, 1 faults, 77 cannot run.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from servers import make_certificates  # noqa: E402
import cases  # noqa: E402
import cases_identity  # noqa: E402
import cases_proxy  # noqa: E402

SECRET = "CANARY"


Failed = cases.Failed


class Bench:
    """What a case works with: one folder, servers that are closed afterwards, and the program."""

    def __init__(self, program, certs, folder, slow):
        self.program, self.certs, self.folder, self.slow = program, certs, folder, slow
        self.servers = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def cert(self, name):
        return os.path.join(self.certs, name)

    def add(self, server):
        self.servers.append(server)
        return server

    def config(self, server, user=None, **cluster):
        """Writes a kubeconfig; server: a Server or a URL."""
        if not isinstance(server, str):
            scheme = "https" if server.context else "http"
            server = f"{scheme}://127.0.0.1:{server.port}"
        cluster["server"] = server
        if server.startswith("https") and "insecure-skip-tls-verify" not in cluster:
            cluster.setdefault("certificate-authority", self.cert("ca.pem"))
        if cluster.get("certificate-authority") == "":
            del cluster["certificate-authority"]
        text = {"clusters": [{"name": "c", "cluster": cluster}],
                "users": [{"name": "u", "user": user or {}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x"}
        with open(self.path("config"), "w", encoding="utf-8") as f:
            json.dump(text, f)

    def run(self, *args, env=None, most=10.0, user_input=None):
        """(exit status, output, what was said). Takes longer than `most` seconds: a fault."""
        full = {"PATH": os.environ["PATH"], "HOME": self.folder,
                "KUBECONFIG": self.path("config")}
        for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                full[name] = os.environ[name]
        full.update(env or {})
        most *= self.slow
        begun = time.monotonic()
        try:
            r = subprocess.run([self.program, *args], env=full, input=user_input or b"",
                               capture_output=True, timeout=most + 20, check=False)
        except subprocess.TimeoutExpired:
            raise Failed("it hangs") from None
        took = time.monotonic() - begun
        said = r.stderr.decode("utf-8", "replace")
        if SECRET in said:
            raise Failed(f"a secret is printed: {said}")
        if SECRET.encode() in r.stdout:
            raise Failed("a secret is printed on standard output")
        if r.returncode not in (0, 2, 70):
            raise Failed(f"exit status {r.returncode}: {said}")
        if took > most:
            raise Failed(f"took {took:.1f} s, at most {most} s are allowed: {said}")
        return r.returncode, r.stdout.decode("utf-8", "replace"), said

    def good(self, *args, **more):
        code, out, said = self.run(*args, **more)
        if code:
            raise Failed(f"exit status {code}: {said}")
        return out, said

    def bad(self, expected, *args, **more):
        """One error line, which is `expected` with PORT for any port; the rest of what was said."""
        code, _, said = self.run(*args, **more)
        lines = [n for n in said.splitlines() if n.startswith("error: ")]
        pattern = re.escape(expected).replace("PORT", "[0-9]+").replace("ANY", ".*")
        if code != 2 or len(lines) != 1 or not re.fullmatch("error: " + pattern, lines[0]):
            raise Failed(f"exit status {code}, said\n    {said.strip()}\n  expected\n    "
                         f"error: {expected}")
        return said

    def close(self):
        for server in self.servers:
            server.close()


def run_case(name, function, options, certs):
    folder = tempfile.mkdtemp(prefix="plimsoll-client-")
    bench = Bench(os.path.abspath(options.request), certs, folder, options.slow)
    begun = time.monotonic()
    try:
        function(bench)
        fault = None
    except Failed as f:
        fault = str(f)
    except cases.Skipped as why:
        print(f"skip: client faults: {name}: {why}")
        fault = None
    finally:
        bench.close()
        shutil.rmtree(folder, ignore_errors=True)
    if fault or options.verbose:
        print(f"{'FAULT' if fault else 'ok   '} {name} ({time.monotonic() - begun:.1f} s)"
              + (f": {fault}" if fault else ""), flush=True)
    return fault is None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--request", required=True)
    parser.add_argument("--slow", type=float, default=1.0, help="times all limits")
    parser.add_argument("--verbose", "-v", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if not shutil.which("openssl"):
        print("skip: client faults: the program openssl is not installed")
        sys.exit(77)
    certs = tempfile.mkdtemp(prefix="plimsoll-certs-")
    try:
        make_certificates(certs)
        chosen = {n[5:]: f for m in (cases, cases_identity, cases_proxy)
                  for n, f in vars(m).items() if n.startswith("case_")}
        wanted = {n: f for n, f in chosen.items() if not options.names or n in options.names}
        # Most of their time they wait for what must not come.
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            good = list(pool.map(lambda n: run_case(n, wanted[n], options, certs), wanted))
    finally:
        shutil.rmtree(certs, ignore_errors=True)
    print(f"{sum(good)} of {len(good)} cases")
    sys.exit(0 if all(good) and good else 1)


if __name__ == "__main__":
    main()
