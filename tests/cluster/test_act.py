# SPDX-License-Identifier: Apache-2.0
"""The requests that change a cluster (src/act/request), and the watch (src/client/watch), by a driver
of their own (tests/act/driver.c): no verb uses them yet."""
import subprocess
import threading

import pytest

from api import create
from conftest import wait_pods, wait_until
from test_verbs import deployment

MEMORY = "spec.template.spec.containers[0].resources.limits.memory"


@pytest.fixture
def web(plane, player, namespace):
    create(plane.api, deployment(namespace))
    wait_pods(plane, namespace, 2)
    return f"/apis/apps/v1/namespaces/{namespace}/deployments/web"


def words_of(path):
    parts = path.split("/")
    return "apps/v1/deployments", parts[5], parts[7]


def memory_of(plane, path):
    container = plane.api.get(path)["spec"]["template"]["spec"]["containers"][0]
    return container["resources"].get("limits", {}).get("memory")


def test_apply(plane, web, driver):
    field = f'{MEMORY}="256Mi"'
    code, said = driver(plane, "--dry-run", "apply", *words_of(web), field)
    assert code == 0 and said.startswith("DONE"), said
    assert memory_of(plane, web) is None, "a dry run stores nothing"
    code, said = driver(plane, "apply", *words_of(web), field)
    assert code == 0 and memory_of(plane, web) == "256Mi", said
    before = plane.api.get(web)["metadata"]
    owners = {(m["manager"], m["operation"]) for m in before["managedFields"]}
    assert ("plimsoll", "Apply") in owners, owners
    driver(plane, "apply", *words_of(web), field)
    after = plane.api.get(web)["metadata"]
    assert after["generation"] == before["generation"] == 2, "twice is once"


def test_apply_conflict(plane, web, driver):
    field = f'{MEMORY}="256Mi"'
    driver(plane, "apply", *words_of(web), field)
    code, said = driver(plane, "--manager", "other", "apply", *words_of(web), f'{MEMORY}="1Gi"')
    assert code == 1 and said.startswith("CONFLICT"), said
    assert "=plimsoll" in said and "resources.limits.memory" in said, said
    assert memory_of(plane, web) == "256Mi", "never by force"
    code, said = driver(plane, "--manager", "other", "--force", "apply", *words_of(web),
                        f'{MEMORY}="1Gi"')
    assert code == 0 and memory_of(plane, web) == "1Gi", said


def test_patches(plane, web, driver):
    request = "spec.template.spec.containers[0].resources.requests.memory"
    code, said = driver(plane, "strategic", *words_of(web), f'{request}="128Mi"')
    assert code == 0, said
    note = 'spec.template.metadata.annotations["a.b/c"]'
    code, said = driver(plane, "json", *words_of(web), f'{note}="x"', f'{request}="64Mi"')
    assert code == 0, said
    template = plane.api.get(web)["spec"]["template"]
    assert template["metadata"]["annotations"] == {"a.b/c": "x"}
    resources = template["spec"]["containers"][0]["resources"]
    assert resources["requests"] == {"cpu": "100m", "memory": "64Mi"}
    code, said = driver(plane, "json", *words_of(web), f"{request}=")
    assert code == 0, said
    resources = plane.api.get(web)["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert resources["requests"] == {"cpu": "100m"}
    # Two edits that make one map; then one of them by strategic merge, which takes its place.
    limits = "spec.template.spec.containers[0].resources.limits"
    code, said = driver(plane, "json", *words_of(web), f'{limits}.memory="1Gi"', f'{limits}.cpu="1"')
    resources = plane.api.get(web)["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert code == 0 and resources["limits"] == {"cpu": "1", "memory": "1Gi"}, said
    code, said = driver(plane, "json", *words_of(web), f'{limits}.memory="1Gi"')
    assert code == 0 and "body: []" in said, said
    code, said = driver(plane, "--dry-run", "strategic", *words_of(web), f'{limits}={{"cpu":"2"}}')
    assert code == 0 and memory_of(plane, web) == "1Gi", said
    code, said = driver(plane, "strategic", *words_of(web), f'{limits}={{"cpu":"2"}}')
    resources = plane.api.get(web)["spec"]["template"]["spec"]["containers"][0]["resources"]
    assert code == 0 and resources["limits"] == {"cpu": "2"}, said
    code, said = driver(plane, "json", *words_of(web), "spec.nosuch=1")
    assert code == 1 and 'REFUSED: strict decoding error: unknown field "spec.nosuch"' in said, said
    code, said = driver(plane, "apply", "apps/v1/deployments", words_of(web)[1], "nosuch", "a=1")
    assert code == 1 and said.startswith("GONE"), said


def pods_of(plane, namespace):
    return [p for p in plane.api.items(f"/api/v1/namespaces/{namespace}/pods")
            if "deletionTimestamp" not in p["metadata"]]


def test_resize(plane, web, driver):
    namespace = words_of(web)[1]
    create(plane.api, deployment(namespace, "sized", 1, "64Mi"))
    wait_pods(plane, namespace, 3)
    pod = next(p["metadata"]["name"] for p in pods_of(plane, namespace)
               if p["metadata"]["name"].startswith("sized"))
    code, said = driver(plane, "resize", namespace, pod, "main", "96Mi")
    assert code == 0, said
    got = plane.api.get(f"/api/v1/namespaces/{namespace}/pods/{pod}")
    resources = got["spec"]["containers"][0]["resources"]
    assert resources["limits"]["memory"] == resources["requests"]["memory"] == "96Mi"


def test_eviction(plane, web, driver):
    namespace = words_of(web)[1]
    create(plane.api, {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
                       "metadata": {"name": "web", "namespace": namespace},
                       "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}})
    budget = f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets/web"
    wait_until(lambda: plane.api.get(budget)["status"].get("currentHealthy") == 2, "the budget")
    pod = pods_of(plane, namespace)[0]["metadata"]["name"]
    code, said = driver(plane, "evict", namespace, pod)
    assert code == 1 and said.startswith("BLOCKED budget=web"), said
    plane.api.delete(budget)
    code, said = driver(plane, "evict", namespace, pod, "00000000-0000-0000-0000-000000000000")
    assert code == 1 and said.startswith("CONFLICT"), said
    code, said = driver(plane, "--dry-run", "evict", namespace, pod)
    assert code == 0 and pod in {p["metadata"]["name"] for p in pods_of(plane, namespace)}, said
    code, said = driver(plane, "evict", namespace, pod)
    assert code == 0, said
    wait_until(lambda: pod not in {p["metadata"]["name"] for p in pods_of(plane, namespace)},
               "the end of the pod")
    code, said = driver(plane, "evict", namespace, "nosuch")
    assert code == 1 and said.startswith("GONE"), said


class Watch:
    """The driver's watch of the ConfigMaps of a namespace, line by line."""

    def __init__(self, path, plane, namespace, seconds=120, open_s=5):
        self.lines = []
        self.process = subprocess.Popen(
            [path, "--kubeconfig", plane.admin, "watch",
             f"/api/v1/namespaces/{namespace}/configmaps", str(seconds), str(open_s)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait(self, start, what="a line of the watch"):
        wait_until(lambda: any(line.startswith(start) for line in self.lines),
                   f"{what} {start!r} in {self.lines}", 60)

    def since_last_list(self):
        lines = list(self.lines)
        return lines[len(lines) - lines[::-1].index("BEGIN  "):]

    def is_listing(self):
        return "SYNCED  " not in self.since_last_list()

    def count(self, start):
        return sum(line.startswith(start) for line in self.lines)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()


def config_map(namespace, name):
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": namespace}}


def test_watch(plane, namespace, driver):
    """Also over the end of a watch that the server closes: nothing is listed twice."""
    create(plane.api, config_map(namespace, "first"))
    with Watch(driver.path, plane, namespace, open_s=2) as w:
        w.wait("SYNCED")
        assert w.count("LISTED first") == 1, w.lines
        create(plane.api, config_map(namespace, "second"))
        w.wait("ADDED second")
        threading.Event().wait(6)  # the watch has been opened again
        plane.api.delete(f"/api/v1/namespaces/{namespace}/configmaps/second")
        w.wait("DELETED second")
        assert w.count("BEGIN") == 1 and w.count("ADDED second") == 1, w.lines


def test_watch_through_restart(own_plane, driver):
    """The API server goes away and comes back: the watch goes on where it was, or, where something was
    written to etcd that it could not see, all is listed anew. Either way everything is told once."""
    plane = own_plane()
    create(plane.api, config_map("default", "first"))
    with Watch(driver.path, plane, "default", seconds=600) as w:
        w.wait("SYNCED")
        for i in range(4):
            before = len(w.lines)
            plane.restart_apiserver(down_s=2)
            create(plane.api, config_map("default", f"after-{i}"))
            wait_until(lambda: any(x.split()[1:2] == [f"after-{i}"] for x in w.lines),
                       f"after-{i} in {w.lines}", 60)
            wait_until(lambda: not w.is_listing(), f"the end of the list in {w.lines}", 60)
            told = w.lines[before:]
            assert any(x.startswith("NOTE") for x in told), w.lines
            anew = [x for x in told if x.startswith("NOTE") and "listed anew" in x]
            assert len(anew) == told.count("BEGIN  ") and all("too old" in x for x in anew), w.lines
            known = [x.split()[1] for x in w.since_last_list() if x.startswith(("LISTED", "ADDED"))]
            assert len(known) == len(set(known)), w.lines
            assert {"first", *(f"after-{k}" for k in range(i + 1))} <= set(known), w.lines


def test_watch_after_compaction(own_plane, driver):
    """What the watch knows is gone from etcd when the server comes back: 410, and all is listed anew."""
    plane = own_plane()
    create(plane.api, config_map("default", "first"))
    with Watch(driver.path, plane, "default") as w:
        w.wait("SYNCED")
        plane.restart_apiserver(down_s=0)
        for i in range(3):
            create(plane.api, config_map("default", f"more-{i}"))
        plane.compact_etcd()
        plane.restart_apiserver(down_s=1)
        create(plane.api, config_map("default", "last"))
        wait_until(lambda: any(x.split()[1:2] == ["last"] for x in w.lines), f"last in {w.lines}", 60)
        seen = {x.split()[1] for x in w.lines if x.startswith(("LISTED", "ADDED"))}
        assert {"first", "more-0", "more-1", "more-2", "last"} <= seen, w.lines
