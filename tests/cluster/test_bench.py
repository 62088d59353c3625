# SPDX-License-Identifier: Apache-2.0
"""The bench itself: what it starts works, and nothing of it is left behind."""
import os
import signal
import subprocess
import sys
import time

import pytest

import build
import run
from conftest import wait_until
from control_plane import ControlPlane

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


def test_failed_start_leaves_nothing(monkeypatch, tmp_path):
    mark = f"failed-{os.getpid()}"
    monkeypatch.setenv(run.MARK, mark)
    began = time.monotonic()
    with pytest.raises(RuntimeError, match="no-such-flag"):
        with ControlPlane(folder=str(tmp_path), apiserver_flags=["--no-such-flag"]):
            pass
    assert time.monotonic() - began < 60
    assert not run.processes_of(mark)
