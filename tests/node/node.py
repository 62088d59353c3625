# SPDX-License-Identifier: Apache-2.0
"""A real node in QEMU, joined to a control plane on this host's loopback.

All of it lives in a network and process namespace of the test: the node's address 10.1.1.15 exists
on the host's side too, so that the API server and the tests reach the kubelet at its real address
and port, and no process can outlive the test.
"""
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("vm", "cluster"):
    sys.path.insert(0, os.path.join(os.path.dirname(HERE), folder))
import vm  # noqa: E402
from control_plane import ControlPlane  # noqa: E402

import image  # noqa: E402

NAME, ADDRESS, HOST = "node", "10.1.1.15", "10.1.1.2"
PATIENCE_S = 900  # for whatever the node does, on a machine that is busy with something else
# Emulated, the node's clock goes by the instructions that it has run, 1 ns each: it sees a machine
# of one speed, however busy the host is, so that no time-out in it (containerd gives a container 10 s
# to go) is a matter of luck. It is also faster: less that is periodic falls into the same work.
CLOCK = ["-icount", "shift=0,sleep=on"]
KUBELET_PORT = 10250
# The source of what is forwarded to the node: its own address it would drop.
SOURCE = "10.9.9.9"

KUBECONFIG = """apiVersion: v1
kind: Config
current-context: test
contexts: [{{name: test, context: {{cluster: test, user: node}}}}]
clusters:
- name: test
  cluster:
    server: https://{host}:{port}
    tls-server-name: localhost
    certificate-authority: /etc/kubernetes/ca.crt
users:
- name: node
  user: {{client-certificate: /etc/kubernetes/node.crt, client-key: /etc/kubernetes/node.key}}
"""


def set_up_network():
    """In the test's own network namespace."""
    for words in (["link", "set", "lo", "up"], ["addr", "add", SOURCE + "/32", "dev", "lo"],
                  ["route", "add", "local", ADDRESS + "/32", "dev", "lo", "src", SOURCE]):
        subprocess.run(["ip", *words], check=True)


class Plane(ControlPlane):
    """A control plane that speaks to kubelets."""

    def make_certificates(self):
        super().make_certificates()
        a = self.authority
        a.issue("kubelet-client", "/O=system:masters/CN=kubelet-client")
        a.issue("kubelet", f"/CN={NAME}", f"IP:{ADDRESS},DNS:{NAME}")
        a.issue("node", f"/O=system:nodes/CN=system:node:{NAME}")

    def apiserver_words(self):
        a = self.authority
        return super().apiserver_words() + [
            f"--kubelet-client-certificate={a.path('kubelet-client.crt')}",
            f"--kubelet-client-key={a.path('kubelet-client.key')}",
            f"--kubelet-certificate-authority={a.certificate}",
            "--kubelet-preferred-address-types=InternalIP"]

    def controller_manager_words(self):
        """The node's clock may go slower than this host's: its heartbeats are late."""
        return super().controller_manager_words() + ["--node-monitor-grace-period=1h"]

    def peak_mib(self):
        total = 0
        for p in self.processes.values():
            with open(f"/proc/{p.popen.pid}/status", encoding="utf-8") as f:
                total += int(re.search(r"VmHWM:\s+(\d+)", f.read())[1])
        return total >> 10


class Node(vm.Machine):
    """The machine with containerd and kubelet."""

    def __init__(self, kernel, folder, plane, mib):
        self.plane = plane
        credentials = plane.path("credentials.tar")
        self.write_credentials(credentials)
        forward = f"hostfwd=tcp:{ADDRESS}:{KUBELET_PORT}-{ADDRESS}:{KUBELET_PORT}"
        more = (image.drive(0, os.path.join(folder, "disk"), "snapshot=on")
                + image.drive(1, credentials, "readonly=on")
                + ["-netdev", f"user,id=n0,net=10.1.1.0/24,host={HOST},{forward}",
                   "-device", "virtio-net-pci,netdev=n0,romfile="])
        super().__init__(kernel, os.path.join(folder, "initramfs"), mib, more=more,
                         tcg=CLOCK)

    def write_credentials(self, path):
        a = self.plane.authority
        with open(os.path.join(image.GUEST, "kubelet.yaml"), "rb") as f:
            files = {"kubelet.yaml": f.read()}
        files["kubeconfig"] = KUBECONFIG.format(host=HOST, port=self.plane.port).encode()
        for name, source in (("ca.crt", a.certificate), ("node.crt", a.path("node.crt")),
                             ("node.key", a.path("node.key")),
                             ("kubelet.crt", a.path("kubelet.crt")),
                             ("kubelet.key", a.path("kubelet.key"))):
            with open(source, "rb") as f:
                files[name] = f.read()
        with tarfile.open(path, "w") as t:
            for name, data in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                t.addfile(entry, io.BytesIO(data))
        with open(path, "ab") as f:  # a disk is made of whole sectors
            f.truncate(-(-f.tell() // 4096) * 4096)

    def run(self, script, seconds=PATIENCE_S, check=True):
        return super().run(script, seconds, check)

    def memory_bytes(self):
        return int(re.search(r"MemTotal:\s+(\d+)", self.run("cat /proc/meminfo"))[1]) * 1024

    def wait_ready(self):
        self.wait_until(self.is_ready, "the node to be Ready")
        return time.monotonic() - self.began

    def object(self):
        return self.plane.api.get(f"/api/v1/nodes/{NAME}")

    def condition(self, kind):
        conditions = self.object()["status"].get("conditions", [])
        return next((c["status"] for c in conditions if c["type"] == kind), None)

    def is_ready(self):
        status, _, body = self.plane.api.raw("GET", f"/api/v1/nodes/{NAME}")
        return status == 200 and any(c["type"] == "Ready" and c["status"] == "True" for c in
                                     json.loads(body)["status"].get("conditions", []))

    def wait_until(self, done, what):
        limit = time.monotonic() + PATIENCE_S
        while True:
            found = done()
            if found:
                return found
            if self.process.poll() is not None:
                raise vm.Broken("the node ended: " + self.why())
            if time.monotonic() > limit:
                raise TimeoutError(f"waited {PATIENCE_S} s for {what}")
            time.sleep(1)

    def pod(self, name):
        return self.plane.api.get(f"/api/v1/namespaces/default/pods/{name}")

    def summary(self):
        """The kubelet's /stats/summary, from the kubelet itself."""
        import http.client
        c = http.client.HTTPSConnection(ADDRESS, KUBELET_PORT, context=self.plane.api.tls,
                                        timeout=PATIENCE_S)
        c.request("GET", "/stats/summary")
        answer = c.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise vm.Broken(f"/stats/summary: {answer.status} {body[:200]}")
        return json.loads(body)
