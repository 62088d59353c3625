# SPDX-License-Identifier: Apache-2.0
"""The bench itself: what it starts works, and nothing of it is left behind."""
import json
import os
import signal
import subprocess
import sys
import time

import pytest

import bench
import build
import fill
import replay
import run
from conftest import make_plane, wait_until
from control_plane import ControlPlane
from metrics import Metrics

HERE = os.path.dirname(os.path.abspath(__file__))


def test_versions(plane):
    assert plane.api.get("/version")["gitVersion"] == build.kubernetes_version()


def test_scheduler_and_controllers_work(plane, player, namespace):
    plane.api.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "main", "image": "registry.example.com/web:1"}]}}}})
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    wait_until(lambda: plane.api.get(path)["status"].get("readyReplicas") == 3, "3 ready pods")
    nodes = {p["spec"]["nodeName"] for p in
             plane.api.items(f"/api/v1/namespaces/{namespace}/pods")}
    assert len(nodes) == 3, "the scheduler spreads the pods of a ReplicaSet"


def start_marked(mark, tmp_path):
    process = subprocess.Popen(
        [sys.executable, os.path.join(HERE, "control_plane.py"), "--kubeconfig",
         str(tmp_path / "kubeconfig"), "--folder", str(tmp_path / "plane")],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, run.MARK: mark})
    for line in process.stdout:
        if line.startswith("ready after"):
            return process
        if line.startswith("skip: "):
            pytest.skip(line[6:].strip())
    raise AssertionError("the control plane has not become ready")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_behind(how, tmp_path):
    """Also when whoever started it is killed."""
    mark = f"killed-{os.getpid()}-{how}"
    process = start_marked(mark, tmp_path)
    assert len(run.processes_of(mark)) == 5, run.processes_of(mark)
    process.send_signal(how)
    process.wait(30)
    wait_until(lambda: not run.processes_of(mark), f"the end of {run.processes_of(mark)}", 15)


@pytest.mark.parametrize("parts, whom, how", [
    (0, "run.py", signal.SIGTERM), (1, "run.py", signal.SIGINT), (1, "pytest", signal.SIGKILL),
    (4, "run.py", signal.SIGINT), (4, "run.py", signal.SIGTERM), (4, "run.py", signal.SIGKILL)])
def test_interrupted(parts, whom, how, tmp_path, plimsoll):
    """make test-cluster ends before its control plane begins, while that starts, and while it runs."""
    name, mark = "PLIMSOLL_TEST_INTERRUPTED", f"{os.getpid()}-{time.time_ns()}"
    log = (tmp_path / "log").open("wb")
    process = subprocess.Popen(
        [sys.executable, os.path.join(HERE, "run.py"), "--program", plimsoll.program, "-k",
         "test_same_as_live"], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
        env={**os.environ, name: mark, "TMPDIR": str(tmp_path)})

    def found(word):
        return [pid for pid, command in run.processes_of(mark, name) if word in command]

    def started():
        return process.poll() is not None or (
            found("-m pytest") and
            sum(bool(found(p)) for p in ("etcd ", "kube-apiserver ", "kube-scheduler ",
                                         "kube-controller-manager ")) >= parts)
    wait_until(started, f"{parts} parts of a control plane", 120)
    if process.poll() is None:
        os.kill(process.pid if whom == "run.py" else found("-m pytest")[0], how)
    process.wait(60)
    wait_until(lambda: not run.processes_of(mark, name),
               f"the end of {run.processes_of(mark, name)}", 30)
    if (whom, how) != ("run.py", signal.SIGKILL):
        assert not list(tmp_path.glob("plimsoll-*")), (tmp_path / "log").read_text()


def test_failed_start_leaves_nothing(monkeypatch, tmp_path):
    mark = f"failed-{os.getpid()}"
    monkeypatch.setenv(run.MARK, mark)
    began = time.monotonic()
    with pytest.raises(RuntimeError, match="no-such-flag"):
        with ControlPlane(folder=str(tmp_path), apiserver_flags=["--no-such-flag"]):
            pass
    assert time.monotonic() - began < 60
    assert not run.processes_of(mark)


def listed(answer):
    """Findings as an administrator of any of the copies would know them."""
    assert answer.code == 0, answer
    report = json.loads(answer.out)
    assert not report["summary"]["live"]["cannotList"], answer
    return report["summary"], sorted((i["rule"], i["object"]["kind"], i["object"]["name"],
                                      str(i["object"]["namespace"])) for i in report["items"])


def test_replay(plimsoll, tmp_path):
    """Recorded pages are the cluster, and three copies of them are three clusters side by side."""
    words = ("check", "-A", "--fail-on", "never", "-o", "json")
    one, three = str(tmp_path / "one"), str(tmp_path / "three")
    with make_plane(scheduler=False, controllers=False) as plane:
        fill.fill(plane, 60, 600)
        with Metrics(plane, cached_s=3600):
            bench.record(plimsoll.program, plane.admin, plane.api, one)
            summary, live = listed(plimsoll(plane.admin, *words))
    with replay.Server(one) as server:
        again, replayed = listed(plimsoll(server.kubeconfig, *words))
    assert replayed == live and again["objects"] == summary["objects"]
    replay.multiply(one, 3, three)
    with replay.Server(three) as server:
        large, copies = listed(plimsoll(server.kubeconfig, *words))
        nodes = plimsoll(server.kubeconfig, "simulate", "--remedies", "0", "-o", "json")
    assert large["workloads"] == 3 * summary["workloads"] == 3 * 600 // fill.PODS_PER_WORKLOAD
    of_workloads = [f for f in live if f[1] == "Deployment"]
    assert len([f for f in copies if f[1] == "Deployment"]) == 3 * len(of_workloads) > 0
    assert {"team-00", "team1-00", "team2-00"} <= {f[3] for f in copies}
    assert nodes.code in (0, 1) and json.loads(nodes.out)["summary"]["nodes"] == 180, nodes
