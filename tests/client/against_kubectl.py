#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same kubeconfig, options and environment given to kubectl and to our client: the server must see the
same request from both, and what one refuses the other must refuse.

    tests/client/against_kubectl.py --request build/tests/client/client_request [NAME...]

kubectl is the one of the cluster tests (tests/cluster/build.py); it is not built here. Exit: 0, 1 faults,
77 there is no kubectl, or no openssl.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "cluster")]
import build  # noqa: E402
import situation  # noqa: E402
import situations_files  # noqa: E402,F401
import situations_plugins  # noqa: E402,F401
import situations_proxies  # noqa: E402,F401
import situations_server  # noqa: E402,F401
import situations_tls  # noqa: E402,F401
import situations_users  # noqa: E402,F401
from servers import make_certificates  # noqa: E402

AT_ONCE = 6

# A pod's folder of secrets, for both programs alone.
IN_POD = """
mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io && \
cp -r "$1" /run/secrets/kubernetes.io/serviceaccount && shift && exec "$@"
"""


def can_be_in_a_pod():
    r = subprocess.run(["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /run && test /var/run -ef /run"],
                       capture_output=True, check=False)
    return r.returncode == 0


class Run:
    """One program in one situation."""

    def __init__(self, program, bench, situation):
        self.program, self.bench, self.situation = program, bench, situation

    def words(self):
        s = self.situation
        if os.path.basename(self.program) != "kubectl":
            return [self.program, *s.options] + (["--show-namespace", "GET", "/"] if s.namespace
                                                 else ["GET", s.path])
        # This command asks at once for a token of a service account, in the namespace.
        return [self.program, *s.options] + (["create", "token", "x"] if s.namespace
                                             else ["get", "--raw", s.path])

    def __call__(self):
        s, bench = self.situation, self.bench
        env = {"PATH": os.environ["PATH"], "HOME": bench.folder, "KUBECTL_KUBERC": "false"}
        if bench.has("config"):
            env["KUBECONFIG"] = bench.path("config")
        env.update({k: v for k, v in s.env.items() if v is not None})
        for name, value in s.env.items():
            if value is None:
                env.pop(name, None)
        words = self.words()
        if s.pod:
            words = ["unshare", "-rm", "sh", "-c", IN_POD, "pod", bench.path("pod"), *words]
        bench.forget()
        r = subprocess.run(words, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                           cwd=bench.folder, check=False)
        said = (r.stdout + r.stderr).decode("utf-8", "replace").strip()
        seen = bench.seen()
        if s.namespace:
            return self.namespace(seen, said), said
        if r.returncode:  # how far TLS went by then is of no interest
            seen = [n for n in seen if not (isinstance(n, tuple) and n[1] == "sni")]
        return ("refused" if r.returncode else "good", seen), said

    def namespace(self, seen, said):
        """kubectl's is in the path that it asks for."""
        if os.path.basename(self.program) != "kubectl":
            return said
        found = re.findall(r"/namespaces/([^/]+)/", str(seen))
        return found[0] if found else said


def compare(situation, kubectl, ours):
    """What is wrong, or None."""
    (theirs, they_said), (mine, i_said) = kubectl, ours
    both = f"\n    kubectl: {theirs}\n             {they_said[-400:]}\n    ours:    {mine}\n             {i_said[-400:]}"
    if situation.differs:
        return None if (theirs != mine and situation.says in i_said) else "no longer differs, or says something else:" + both
    if theirs != mine:
        return "differs:" + both
    if situation.says not in i_said:
        return f"does not say '{situation.says}':" + both
    return None


def run_one(name, bench, programs, pods, options):
    """[whether it is good], or [] where it cannot be tried."""
    with bench:
        given = situation.ALL[name](bench)
        if given.pod and not pods:
            return []
        results = [Run(p, bench, given)() for p in programs]
        fault = compare(given, *results)
    if fault or options.verbose:
        print(f"{'FAULT' if fault else 'ok   '} {name}: {fault or results}", flush=True)
    return [not fault]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--request", required=True)
    parser.add_argument("--verbose", "-v", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if not build.present(["kubectl"]):
        print("skip: beside kubectl: it has not been built (tests/cluster/build.py kubectl)")
        sys.exit(77)
    if not shutil.which("openssl"):
        print("skip: beside kubectl: the program openssl is not installed")
        sys.exit(77)
    kubectl, ours = os.path.join(build.folder(), "kubectl"), os.path.abspath(options.request)
    pods = can_be_in_a_pod()
    if not pods:
        print("skip: beside kubectl: in a pod: no mount namespace of our own is to be had here")
    wanted = [n for n in situation.ALL if not options.names or n in options.names]
    certs = tempfile.mkdtemp(prefix="plimsoll-certs-")

    def run(names):
        """These one after the other, with servers of their own. Which are good."""
        with situation.Servers(certs) as servers:
            return [n for name in names
                    for n in run_one(name, situation.Bench(certs, servers), (kubectl, ours), pods, options)]
    try:
        make_certificates(certs)
        # Some wait for servers that are not there.
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            good = sum(pool.map(run, [wanted[i::AT_ONCE] for i in range(AT_ONCE)]), [])
    finally:
        shutil.rmtree(certs, ignore_errors=True)
    print(f"{sum(good)} of {len(good)} situations")
    sys.exit(0 if good and all(good) else 1)


if __name__ == "__main__":
    main()
