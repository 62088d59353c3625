#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A credential plug-in for the tests: notes what it was told in $PLUGIN_NOTE and does what its first
argument says."""
import json
import os
import signal
import sys
import time

what, note = sys.argv[1], os.environ["PLUGIN_NOTE"]
with open(note, "a", encoding="utf-8") as f:
    json.dump({"info": json.loads(os.environ["KUBERNETES_EXEC_INFO"]), "args": sys.argv[1:],
               "extra": os.environ.get("PLUGIN_EXTRA"), "home": os.environ.get("HOME"),
               "input": sys.stdin.read() if not sys.stdin.isatty() else "terminal"}, f)
    f.write("\n")
with open(note, encoding="utf-8") as f:
    runs = len(f.readlines())

version = json.loads(os.environ["KUBERNETES_EXEC_INFO"])["apiVersion"]
status = {"token": f"CANARY-{runs}"}
if what == "expired":
    status["expirationTimestamp"] = "2020-01-01T00:00:00Z"
elif what == "lasting":
    status["expirationTimestamp"] = "2090-01-01T00:00:00+02:00"
elif what == "badtime":
    status["expirationTimestamp"] = "CANARY"
elif what == "cert":
    with open(sys.argv[2], encoding="ascii") as c, open(sys.argv[3], encoding="ascii") as k:
        status = {"clientCertificateData": c.read(), "clientKeyData": k.read()}
elif what == "half":
    status = {"clientCertificateData": "CANARY"}
elif what == "empty":
    status = {}
elif what == "nostatus":
    status = None
elif what == "version":
    version = "client.authentication.k8s.io/v1alpha1"
elif what == "garbage":
    print("CANARY {")
    sys.exit(0)
elif what == "fails":
    print("please log in again", file=sys.stderr)
    sys.exit(3)
elif what == "hangs":
    if os.fork() == 0:
        time.sleep(30)
    time.sleep(30)
elif what == "held":
    # Whoever reads the FIFO sees its end when the last of us is gone. Python's own handler would lose
    # an interrupt that comes just before the fork.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with open(sys.argv[2], "w", encoding="ascii") as held:
        held.write("begun\n")
        held.flush()
        os.fork()
        time.sleep(300)
elif what == "terminal":
    with open("/dev/tty", encoding="utf-8") as tty:
        tty.readline()
elif what == "floods":
    while True:
        os.write(1, b"CANARY" * 1000)
elif what == "linebreak":
    status["token"] = "CANARY\r\nX-Other: 1"
answer = {"kind": "ExecCredential", "apiVersion": version}
if status is not None:
    answer["status"] = status
json.dump(answer, sys.stdout)
