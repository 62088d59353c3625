# SPDX-License-Identifier: Apache-2.0
"""A snapshot of the real API server says what the live cluster says."""
import json
from collections import Counter

from api import create
from conftest import wait_pods
from test_verbs import MANY, deployment, judged

SECRET = {"apiVersion": "v1", "kind": "Secret", "stringData": {"password": "hunter2"}}


def world(plane, namespace):
    create(plane.api, deployment(namespace, memory="64Mi"))
    create(plane.api, deployment(namespace, "bare", 3))
    create(plane.api, {**SECRET, "metadata": {"name": "hidden", "namespace": namespace}})
    create(plane.api, {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "hunter2"},
                       "metadata": {"name": "hidden", "namespace": namespace}})
    wait_pods(plane, namespace, 5)


def findings(report, *keys):
    return Counter(tuple(i[k] for k in keys) for i in report["items"])


def load_line(answer):
    return {k: v for k, v in json.loads(answer.out)["summary"].items()
            if isinstance(v, (int, float)) and not isinstance(v, bool)}


def test_same_as_live(plane, player, namespace, plimsoll, tmp_path):
    world(plane, namespace)
    files = {"plain": tmp_path / "plain.json.gz", "redacted": tmp_path / "redacted.json"}
    for name, file in files.items():
        answer = plimsoll(plane.admin, "snapshot", "--to", str(file),
                          *(["--redact"] if name == "redacted" else []))
        assert answer.code == 0, answer
    live = judged(plimsoll(plane.admin, "check", "-o", "json"))
    plain = judged(plimsoll(None, "check", "-f", str(files["plain"]), "-o", "json"))
    redacted = judged(plimsoll(None, "check", "-f", str(files["redacted"]), "-o", "json"))
    assert findings(live, "rule", "severity", "fingerprint") == \
        findings(plain, "rule", "severity", "fingerprint")
    assert findings(live, "rule", "severity") == findings(redacted, "rule", "severity")
    how = ["simulate", "--assume", "requests", "-o", "json"]
    line = load_line(plimsoll(plane.admin, *how))
    for file in files.values():
        assert load_line(plimsoll(None, *how, "-f", str(file))) == line
    text = files["redacted"].read_text()
    for word in ("hunter2", namespace, "bare-", "registry.example.com"):
        assert word not in text, word


def test_pages(plane, namespace, plimsoll):
    """More objects than a page holds, each once; and by resourceVersion=0."""
    for i in range(MANY):
        create(plane.api, {"apiVersion": "v1", "kind": "ServiceAccount",
                           "metadata": {"name": f"account-{i:04}", "namespace": namespace}})
    for mode in ("paged", "cache"):
        answer = plimsoll(plane.admin, "snapshot", "-n", namespace, "--list", mode)
        assert answer.code == 0, answer
        names = Counter(i["metadata"]["name"] for i in json.loads(answer.out)["items"]
                        if i["kind"] == "ServiceAccount")
        assert len(names) == MANY + 1 and set(names.values()) == {1}, mode


def test_without_rights(plane, player, namespace, plimsoll, tmp_path):
    """What the user may not see is as unknown in the snapshot as it was."""
    world(plane, namespace)
    user = plane.user("snapshot-eve", file=str(tmp_path / "eve"))
    create(plane.api, {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
                       "metadata": {"name": "snapshot-eve"},
                       "rules": [{"apiGroups": ["", "apps"], "verbs": ["get", "list"],
                                  "resources": ["pods", "nodes", "deployments", "replicasets"]}]})
    plane.bind("snapshot-eve", "snapshot-eve")
    file = str(tmp_path / "world.json")
    answer = plimsoll(user, "snapshot", "--to", file)
    assert answer.code == 0 and "you may not list" in answer.err, answer
    live = judged(plimsoll(user, "check", "-o", "json"))
    answer = plimsoll(None, "check", "-f", file, "-o", "json")
    after = judged(answer)
    assert "the snapshot is without " in answer.err and "poddisruptionbudgets" in answer.err, answer
    assert findings(live, "rule", "severity", "fingerprint") == \
        findings(after, "rule", "severity", "fingerprint")


def test_server_away(own_plane, plimsoll, tmp_path):
    """No half snapshot: what was there stays."""
    plane = own_plane()
    folder = tmp_path / "worlds"
    folder.mkdir()
    file = folder / "world.json"
    file.write_text("old")
    away = plane.user("away", ["system:masters"], file=str(tmp_path / "away"))
    plane.stop()
    answer = plimsoll(away, "snapshot", "--to", str(file))
    assert answer.code == 3 and file.read_text() == "old", answer
    assert [p.name for p in folder.iterdir()] == ["world.json"]
