# SPDX-License-Identifier: Apache-2.0
"""The verbs that read a live cluster: what they list, what they judge, what they say without
rights."""
import http.server
import json
import os
import re
import ssl
import subprocess
import threading

import pytest
import yaml

from api import create
from conftest import ROOT, wait_pods, wait_until

ROLE_FILE = os.path.join(ROOT, "deploy", "clusterrole.yaml")
ACCOUNT = "system:serviceaccount:plimsoll:plimsoll"
MANY = 620  # objects of a kind: more than one page


def deployment(namespace, name="web", replicas=2, memory=None):
    resources = {"requests": {"cpu": "100m"}}
    if memory:
        resources = {"requests": {"memory": memory, "cpu": "100m"}, "limits": {"memory": memory}}
    return {"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
                     "template": {"metadata": {"labels": {"app": name}},
                                  "spec": {"containers": [{"name": "main", "image": "app:1",
                                                           "resources": resources}]}}}}


def judged(answer):
    """What check -o json says."""
    assert answer.code in (0, 1, 3), answer
    return json.loads(answer.out)


def rules_of(report):
    return {(i["rule"], i["object"]["kind"], i["object"]["name"]) for i in report["items"]}


def not_judged(report):
    return {i["rule"] for i in report["summary"]["notJudged"]}


def forbidden(report):
    return {i["resource"] for i in report["summary"]["live"]["cannotList"] if i["forbidden"]}


@pytest.fixture
def shop(plane, player, namespace):
    """A namespace with a Deployment of two running pods."""
    create(plane.api, deployment(namespace))
    wait_pods(plane, namespace, 2)
    return namespace


@pytest.fixture(scope="session")
def reader(plane):
    """The kubeconfig of a user that may what deploy/clusterrole.yaml says."""
    with open(ROLE_FILE, encoding="utf-8") as f:
        items = list(yaml.safe_load_all(f))
    apply_roles(plane, items)
    bind = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "verbs-reader"},
            "subjects": [{"kind": "User", "name": "verbs-reader",
                          "apiGroup": "rbac.authorization.k8s.io"}]}
    ref = {"apiGroup": "rbac.authorization.k8s.io", "name": "plimsoll"}
    apply_roles(plane, [
        {**bind, "kind": "ClusterRoleBinding", "roleRef": {**ref, "kind": "ClusterRole"}},
        {**bind, "kind": "RoleBinding", "roleRef": {**ref, "kind": "Role"},
         "metadata": {"name": "verbs-reader", "namespace": "kube-system"}}])
    return plane.user("verbs-reader")


PATHS = {"Namespace": "/api/v1/namespaces",
         "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts"}


def apply_roles(plane, items):
    for item in filter(None, items):
        namespace = item["metadata"].get("namespace")
        rbac = "/apis/rbac.authorization.k8s.io/v1/"
        rbac += f"namespaces/{namespace}/" if namespace else ""
        path = PATHS.get(item["kind"], rbac + item["kind"].lower() + "s").format(namespace)
        plane.api.create(path, item)


# --- check ---------------------------------------------------------------------------------------

def test_one_namespace(plimsoll, plane, shop):
    answer = plimsoll(plane.admin, "check", "-n", shop, "-o", "json")
    report = judged(answer)
    assert answer.code == 1
    assert answer.err == f"plimsoll: context bench ({plane.server}), namespace {shop}\n"
    assert ("memory-limit-missing", "Deployment", "web") in rules_of(report)
    objects = [i["object"] for i in report["items"]]
    assert {o["kind"] for o in objects} <= {"Deployment", "Namespace"}, rules_of(report)
    assert {o["namespace"] for o in objects if o["kind"] != "Namespace"} == {shop}
    assert report["summary"]["workloads"] == 1
    assert report["summary"]["live"] == {"context": "bench", "server": plane.server,
                                         "namespace": shop, "cannotList": []}


def test_all_namespaces(plimsoll, plane, shop):
    report = judged(plimsoll(plane.admin, "check", "-o", "json"))
    assert report["summary"]["complete"] and report["summary"]["live"]["namespace"] is None
    assert ("memory-limit-missing", "Deployment", "web") in rules_of(report)
    # Findings at the owner; what every API server brings is nobody's finding.
    assert not {"Pod", "ReplicaSet"} & {i["object"]["kind"] for i in report["items"]}
    rbac = "/apis/rbac.authorization.k8s.io/v1/"
    brought = {o["metadata"]["name"] for what in ("clusterroles", "clusterrolebindings")
               for o in plane.api.items(rbac + what)
               if "kubernetes.io/bootstrapping" in o["metadata"].get("labels", {})}
    assert brought and not brought & {
        i["object"]["name"] for i in report["items"] if i["object"]["kind"].startswith("ClusterRole")}


def test_standard_input_goes_before(plimsoll, plane, namespace):
    answer = plimsoll(plane.admin, "check", stdin=json.dumps(deployment("x")))
    assert "from 1 file" in answer.out and not answer.err
    answer = plimsoll(plane.admin, "check", "--context", "bench", stdin=json.dumps(deployment("x")))
    assert "from the cluster" in answer.out


def test_files_and_options_of_a_cluster(plimsoll, plane):
    file = "examples/black-friday/checkout.yaml"
    answer = plimsoll(plane.admin, "check", "-f", file, "--context", "bench")
    assert answer.code == 2 and "--live reads both" in answer.err


def test_no_cluster_at_all(plimsoll, tmp_path):
    answer = plimsoll(None, "check")
    assert answer.code == 2 and "nothing to read: name a file or folder with -f" in answer.err
    answer = plimsoll(None, "check", "--kubeconfig", str(tmp_path / "none"))
    assert answer.code == 2 and str(tmp_path / "none") in answer.err


def test_pages_and_cache_are_the_same(plimsoll, plane, namespace):
    for i in range(MANY):
        plane.api.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": f"many-{i:04}"}})
    counts = {}
    for mode in ("paged", "cache", "auto"):
        answer = plimsoll(plane.admin, "check", "-n", namespace, f"--list={mode}", "-v", "-o",
                          "json")
        counts[mode] = judged(answer)["summary"]["objects"]
        asked = re.findall(r"/serviceaccounts\?(\S+?):? ", answer.err)
        if mode == "cache":
            assert asked == ["resourceVersion=0"]
        else:
            assert asked[0] == "limit=500" and len(asked) == 2, answer.err
    assert len(set(counts.values())) == 1 and counts["auto"] > MANY, counts


# --- rights --------------------------------------------------------------------------------------

def test_shipped_role_is_enough(plimsoll, plane, reader, shop):
    report = judged(plimsoll(reader, "check", "-o", "json"))
    assert report["summary"]["live"]["cannotList"] == []
    same = judged(plimsoll(plane.admin, "check", "-o", "json"))
    assert rules_of(report) == rules_of(same)
    assert judged(plimsoll(reader, "check", "-n", shop, "-o", "json"))["summary"]["live"][
        "cannotList"] == []
    answer = plimsoll(reader, "can-i")
    assert answer.code == 0 and not {"partly", "no"} & set(answer.out.split()), answer


def test_shipped_role_is_that_of_the_program(plimsoll):
    with open(ROLE_FILE, encoding="utf-8") as f:
        text = f.read()
    assert plimsoll(None, "can-i", "--role").out == text
    assert "secrets" not in text and "nodes/proxy" not in text.replace("needs no nodes/proxy", "")
    for role in yaml.safe_load_all(text):
        for rule in role.get("rules", []):
            assert set(rule["verbs"]) <= {"get", "list"}, rule


def test_shipped_role_reads_no_secrets(plane, reader):
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}
    for attributes in ({"resource": "secrets", "verb": "list"},
                       {"resource": "secrets", "verb": "get"},
                       {"resource": "nodes", "subresource": "proxy", "verb": "get"},
                       {"resource": "pods", "subresource": "exec", "verb": "create"},
                       {"resource": "configmaps", "verb": "list"},
                       {"resource": "pods", "verb": "delete"}):
        got = plane.api.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
            **review, "spec": {"user": "verbs-reader", "resourceAttributes": attributes}})
        assert not got["status"].get("allowed"), attributes


def test_a_missing_right_is_no_failure(plimsoll, plane, reader, shop):
    """The role without networkpolicies and PodDisruptionBudgets."""
    role = plane.api.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/plimsoll")
    rules = [r for r in role["rules"]
             if not {"networkpolicies", "poddisruptionbudgets"} & set(r["resources"])]
    create_role(plane, "verbs-partly", rules)
    user = plane.user("verbs-partly")
    answer = plimsoll(user, "check", "-o", "json")
    report = judged(answer)
    assert answer.code == 1, answer  # the findings that there are
    assert forbidden(report) >= {"networkpolicies.networking.k8s.io", "poddisruptionbudgets.policy"}
    assert not_judged(report) >= {"network-policy-missing", "network-policy-blocks-dns",
                                  "pdb-missing", "pdb-overlap", "pdb-matches-nothing"}
    assert not {"network-policy-missing", "pdb-missing"} & {i["rule"] for i in report["items"]}
    assert "you may not list" in answer.err
    text = plimsoll(user, "check")
    assert "(cannot list networkpolicies.networking.k8s.io)" in text.out
    strict = plimsoll(user, "check", "--strict", "--fail-on=never")
    assert strict.code == 3
    said = plimsoll(user, "can-i")
    assert said.code == 3 and re.search(r"check +partly +", said.out), said
    # victims needs neither of them, but the kubelets' configuration
    assert re.search(r"inspect +yes", said.out), said


def create_role(plane, name, rules):
    apply_roles(plane, [
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
         "metadata": {"name": name}, "rules": rules},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
         "metadata": {"name": name},
         "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
         "subjects": [{"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"}]}])


def test_nothing_allowed(plimsoll, plane):
    user = plane.user("verbs-nobody")
    answer = plimsoll(user, "check")
    assert answer.code == 3 and "403 Forbidden" in answer.err and not answer.out
    for verb in ("victims", "place", "simulate"):
        answer = plimsoll(user, verb)
        assert answer.code == 3 and "403 Forbidden" in answer.err, answer


def test_what_is_missing_can_be_given(plimsoll, plane, shop):
    user = plane.user("verbs-asker")
    asked = plimsoll(user, "can-i", "check", "simulate", "-o", "role")
    assert asked.code == 3
    apply_roles(plane, list(yaml.safe_load_all(asked.out)))
    wait_until(lambda: plimsoll(user, "can-i", "check", "simulate").code == 0, "the rights given")
    assert plimsoll(user, "can-i", "check", "simulate", "-o", "role").out == ""
    assert judged(plimsoll(user, "check", "-o", "json"))["summary"]["live"]["cannotList"] == []


def test_rights_in_one_namespace(plimsoll, plane, shop):
    """A developer: what is missing of the cluster is not judged, the namespace is."""
    user = plane.user("verbs-developer")
    asked = plimsoll(user, "can-i", "-n", shop, "-o", "json")
    report = json.loads(asked.out)
    assert asked.code == 3 and report["summary"]["user"] == "verbs-developer"
    roles = list(yaml.safe_load_all(report["summary"]["missingRole"]))
    apply_roles(plane, [r for r in roles if r and r["metadata"].get("namespace") == shop])
    wait_until(lambda: plimsoll(user, "check", "-n", shop, "-o", "json").code == 1, "the Role")
    report = judged(plimsoll(user, "check", "-n", shop, "-o", "json"))
    assert ("memory-limit-missing", "Deployment", "web") in rules_of(report)
    assert ("limitrange-missing", "Namespace", shop) in rules_of(report)
    assert "nodes" in forbidden(report) and "pod-larger-than-node" in not_judged(report)
    # Without -n: the namespace of the context, and that is said.
    with open(user, encoding="utf-8") as f:
        text = f.read()
    narrow = user + ".narrow"
    with open(narrow, "w", encoding="utf-8") as f:
        f.write(text.replace("    user: verbs-developer\n",
                             f"    user: verbs-developer\n    namespace: {shop}\n", 1))
    answer = plimsoll(narrow, "check", "-o", "json")
    assert f"only namespace {shop}, that of the context" in answer.err, answer
    assert rules_of(judged(answer)) == rules_of(report)


# --- a change beside what runs -------------------------------------------------------------------

def test_against_live(plimsoll, plane, shop, tmp_path):
    change = deployment(shop, replicas=5, memory="1Gi")
    change["spec"]["template"]["spec"]["containers"][0]["image"] = "app:latest"
    file = tmp_path / "change.json"
    file.write_text(json.dumps(change))
    answer = plimsoll(plane.admin, "check", "-f", str(file), "--against", "live", "-o", "json",
                      "--no-figures")
    report = judged(answer)
    new = {i["rule"] for i in report["items"] if not i["known"]}
    assert "image-latest" in new and "pdb-missing" not in new, new
    row = [w for w in report["summary"]["change"]["memory"]["workloads"] if w["name"] == "web"][0]
    assert row["before"]["pods"] == 2 and row["after"]["pods"] == 5, row
    assert row["after"]["requestBytes"] == 5 << 30
    # Nothing was applied.
    live = plane.api.get(f"/apis/apps/v1/namespaces/{shop}/deployments/web")
    assert live["spec"]["replicas"] == 2


def test_a_manifest_without_replicas_keeps_them(plimsoll, plane, shop, tmp_path):
    change = deployment(shop, memory="1Gi")
    del change["spec"]["replicas"], change["metadata"]["namespace"]
    file = tmp_path / "change.json"
    file.write_text(json.dumps(change))
    report = judged(plimsoll(plane.admin, "check", "-f", str(file), "--against", "live", "-n", shop,
                             "-o", "json"))
    row = report["summary"]["change"]["memory"]["workloads"][0]
    assert (row["before"]["pods"], row["after"]["pods"]) == (2, 2), row
    assert row["after"]["requestBytes"] == 2 << 30


def against_live(plimsoll, plane, change, *words):
    """The change comes on standard input, as from helm or kustomize."""
    return plimsoll(plane.admin, "check", "--against", "live", "--no-figures", *words,
                    stdin=change if isinstance(change, str) else json.dumps(change))


def test_what_runs_is_no_change(plimsoll, plane, shop):
    """Neither what the API server fills in nor a manifest that says it less fully."""
    stored = plane.api.get(f"/apis/apps/v1/namespaces/{shop}/deployments/web")
    for change in (deployment(shop), {"apiVersion": "v1", "kind": "List", "items": [stored]}):
        answer = against_live(plimsoll, plane, change)
        assert answer.code == 0 and "books and allows as much as before" in answer.out, answer
        assert ": 0 errors, 0 warnings, 0 info;" in answer.out and "mended" not in answer.out, answer


def test_a_renamed_container_is_not_injected(plimsoll, plane, shop):
    """The pods still have the one of the template that the change replaces."""
    stateful = {"apiVersion": "apps/v1", "kind": "StatefulSet",
                "metadata": {"name": "db", "namespace": shop},
                "spec": {**deployment(shop, "db", 1)["spec"], "serviceName": "db"}}
    create(plane.api, stateful)
    wait_pods(plane, shop, 3)
    for change in (deployment(shop, memory="1Gi"), stateful):
        change["spec"]["template"]["spec"]["containers"][0]["name"] = "renamed"
        answer = against_live(plimsoll, plane, change, "-o", "json")
        new = [i for i in judged(answer)["items"] if not i["known"]]
        assert {i["container"] for i in new} <= {None, "renamed"}, new
        assert not [i for i in new if i["message"].startswith("injected")], new


def test_no_change_is_no_yes(plimsoll, plane, shop, tmp_path):
    """A template that came out empty, or was held against another namespace, does not pass."""
    empty = tmp_path / "empty.yaml"
    empty.write_text("")
    for words, stdin in ((("-f", str(empty)), ""), ((), "a: b\n")):
        answer = plimsoll(plane.admin, "check", "--against", "live", *words, stdin=stdin)
        assert answer.code == 2 and "nothing to judge" in answer.err and not answer.out, answer
    answer = plimsoll(plane.admin, "check", "--against", "live")
    assert answer.code == 2 and "name with -f what is to be applied" in answer.err, answer
    answer = against_live(plimsoll, plane, deployment(shop), "-n", "kube-system")
    assert answer.code == 2 and f"Deployment web is in {shop}" in answer.err, answer


def test_a_namespace_that_is_not_there(plimsoll, plane, namespace):
    for verb in ("check", "inspect", "snapshot"):
        answer = plimsoll(plane.admin, verb, "-n", "shpo")
        assert answer.code == 2 and not answer.out, answer
        assert 'there is no namespace "shpo" in the cluster' in answer.err, answer
    assert plimsoll(plane.admin, "check", "-n", namespace).code == 0
    answer = against_live(plimsoll, plane, deployment("shpo"))
    assert "1 workload is in a namespace that neither the cluster nor the files have" in answer.err


# --- what only pods show -------------------------------------------------------------------------

POLICY = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies"
SIDECAR = """Object{spec: Object.spec{containers: [
  Object.spec.containers{name: "istio-proxy", image: "proxyv2:1.24"}]}}"""


def test_injected_sidecar_is_said_of_the_owner(plimsoll, plane, player, namespace):
    """A real injection: the API server adds the container by a MutatingAdmissionPolicy."""
    status, _, _ = plane.api.raw("GET", POLICY)
    if status == 404:
        pytest.skip("this API server has no MutatingAdmissionPolicy v1")
    plane.api.create(POLICY, {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": namespace},
        "spec": {"failurePolicy": "Fail", "reinvocationPolicy": "Never",
                 "matchConstraints": {"namespaceSelector": {"matchLabels": {
                     "kubernetes.io/metadata.name": namespace}},
                     "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"],
                                        "operations": ["CREATE"], "resources": ["pods"]}]},
                 "mutations": [{"patchType": "ApplyConfiguration",
                                "applyConfiguration": {"expression": SIDECAR}}]}})
    plane.api.create(POLICY.replace("policies", "policybindings"), {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": namespace}, "spec": {"policyName": namespace}})

    def injects():
        got = plane.api.call("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"},
            "spec": {"containers": [{"name": "main", "image": "app:1"}]}}, accepted=(403,))
        return len(got.get("spec", {}).get("containers", [])) == 2
    wait_until(injects, "the policy injects")
    create(plane.api, deployment(namespace, memory="1Gi"))
    wait_pods(plane, namespace, 2)
    report = judged(plimsoll(plane.admin, "check", "-n", namespace, "-o", "json"))
    said = [i for i in report["items"] if i["container"] == "istio-proxy"]
    assert said and {i["object"]["kind"] for i in said} == {"Deployment"}, report
    assert any(i["rule"] == "sidecar-without-limit" and "injected" in i["message"] and
               "sidecar.istio.io/proxyMemoryLimit" in i["fix"] for i in said)
    pods = json.loads(plimsoll(plane.admin, "inspect", "-n", namespace, "-o", "json").out)["items"]
    assert [p["name"] for p in pods] == ["web"], pods
    # It counts in what a change does to memory: nothing bounds these pods, before and after.
    report = judged(against_live(plimsoll, plane, deployment(namespace, memory="2Gi"), "-o", "json"))
    row = report["summary"]["change"]["memory"]["workloads"][0]
    assert row["before"]["podsWithoutLimit"] == row["after"]["podsWithoutLimit"] == 2, row
    assert row["after"]["requestBytes"] == 4 << 30, row


def test_owners(plimsoll, plane, player, namespace):
    """A CronJob's pod is the CronJob's; what makes pods without our knowing is said, what we have no
    use for is not."""
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "app:1"}]}
    job = plane.api.create(f"/apis/batch/v1/namespaces/{namespace}/cronjobs", {
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"},
        "spec": {"schedule": "0 0 1 1 *", "suspend": True,
                 "jobTemplate": {"spec": {"template": {"spec": pod}}}}})
    plane.api.create(f"/apis/batch/v1/namespaces/{namespace}/jobs", {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "nightly-1", "ownerReferences": [{
            "apiVersion": "batch/v1", "kind": "CronJob", "name": "nightly", "controller": True,
            "uid": job["metadata"]["uid"]}]}, "spec": {"template": {"spec": pod}}})
    node = wait_pods(plane, namespace, 1)[0]["spec"]["nodeName"]
    answer = plimsoll(plane.admin, "victims", "--node", node, "--assume=requests", "-o", "json")
    assert "owned by" not in answer.err, answer
    assert [i["owner"] for i in json.loads(answer.out)["items"]
            if i["namespace"] == namespace] == ["CronJob/nightly"], answer
    assert "owned by" not in plimsoll(plane.admin, "place", "-n", namespace, "--pod", "x").err


# --- the other verbs -----------------------------------------------------------------------------

def test_every_verb_reads_the_cluster(plimsoll, plane, reader, shop):
    node = plane.api.get("/api/v1/nodes?limit=1")["items"][0]["metadata"]["name"]
    first = f"plimsoll: context bench ({plane.server}), all namespaces\n"
    for words, kind in ((("inspect",), "PodFactsList"),
                        (("victims", "--node", node, "--assume=requests"), "VictimList"),
                        (("simulate", "--assume=requests", "--top=1"), "SimulationReport")):
        answer = plimsoll(reader, *words, "-o", "json")
        assert answer.code in (0, 1), answer
        assert answer.err.startswith(first) and json.loads(answer.out)["kind"] == kind, answer


def test_place_from_a_file(plimsoll, plane, reader, shop, tmp_path):
    file = tmp_path / "pod.json"
    file.write_text(json.dumps(deployment(shop, name="new", memory="1Gi")))
    answer = plimsoll(reader, "place", "--pod-file", str(file), "--live", "-o", "json")
    assert answer.code == 0, answer
    items = json.loads(answer.out)["items"]
    assert len(items) == 1 and items[0]["name"] == "new", answer


def test_place_in_a_namespace(plimsoll, plane, reader, shop, tmp_path):
    """-n is where --pod is, and where files go that name none; the whole cluster is read."""
    pod = plane.api.items(f"/api/v1/namespaces/{shop}/pods")[0]["metadata"]["name"]
    file = tmp_path / "pod.json"
    item = deployment(shop, name="new", memory="1Gi")
    del item["metadata"]["namespace"]
    file.write_text(json.dumps(item))
    for words, name in ((("--pod", pod), pod), (("--pod-file", str(file), "--live"), "new")):
        answer = plimsoll(reader, "place", "-n", shop, *words, "-o", "json")
        assert answer.code == 0 and "all namespaces" in answer.err, answer
        items = json.loads(answer.out)["items"]
        assert [(i["namespace"], i["name"]) for i in items] == [(shop, name)], answer


def test_no_usage_is_said(plimsoll, plane, shop):
    answer = plimsoll(plane.admin, "simulate", "--top=1")
    if plane.api.raw("GET", "/apis/metrics.k8s.io/v1beta1")[0] == 404:
        assert "usage is not known: metrics.k8s.io (metrics-server) has none" in answer.err
    answer = plimsoll(plane.admin, "simulate", "--top=1", "--via-nodes-proxy")
    assert "warning: --via-nodes-proxy" in answer.err


# --- usage from kubelets -------------------------------------------------------------------------

class Kubelet(http.server.BaseHTTPRequestHandler):
    """What a kubelet answers to /stats/summary; the figures are invented."""
    protocol_version = "HTTP/1.1"
    asked, pods = [], []

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.asked.append(self.path)
        memory = {"time": "2026-11-21T12:00:00Z", "workingSetBytes": 100 << 20}
        body = json.dumps({
            "node": {"nodeName": "kubelet", "memory": {**memory, "workingSetBytes": 3 << 30}},
            "pods": [{"podRef": {"name": name, "namespace": namespace},
                      "memory": {**memory, "workingSetBytes": 120 << 20},
                      "containers": [{"name": "main", "memory": memory}]}
                     for namespace, name in self.pods]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def own_address():
    """An address of this machine that is not loopback: the API server does not forward to those."""
    words = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False)
    found = [a for a in words.stdout.split() if "." in a and not a.startswith("127.")]
    return found[0] if found else None


def test_usage_through_nodes_proxy(plimsoll, plane, namespace, tmp_path):
    """The API server forwards to the kubelet's port, where something answers as a kubelet does."""
    ip = own_address()
    if not ip:
        pytest.skip("this machine has only loopback addresses")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    plane.authority.issue("fake-kubelet", "/CN=kubelet", f"IP:{ip}")
    tls.load_cert_chain(plane.authority.path("fake-kubelet.crt"),
                        plane.authority.path("fake-kubelet.key"))
    server = http.server.ThreadingHTTPServer((ip, 0), Kubelet)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    name = "kubelet-of-tests"
    Kubelet.pods[:] = [(namespace, "web")]
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
    status = {"addresses": [{"type": "InternalIP", "address": ip}],
              "daemonEndpoints": {"kubeletEndpoint": {"Port": server.server_address[1]}},
              "capacity": {"memory": "8Gi", "cpu": "4", "pods": "110"},
              "allocatable": {"memory": "7Gi", "cpu": "4", "pods": "110"}}
    try:
        plane.api.create("/api/v1/nodes", node)
        plane.api.merge(f"/api/v1/nodes/{name}/status", {"status": status})
        plane.api.create(f"/api/v1/namespaces/{namespace}/pods", {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": namespace},
            "spec": {"nodeName": name, "containers": [{"name": "main", "image": "app:1"}]}})
        answer = plimsoll(plane.admin, "victims", "--node", name, "--via-nodes-proxy", "-o", "json")
        assert answer.code == 0, answer
        assert "warning: --via-nodes-proxy" in answer.err
        assert "usage is what the kubelets say" in answer.err
        item = [i for i in json.loads(answer.out)["items"] if i["name"] == "web"][0]
        assert item["usageBytes"] == 120 << 20, item  # the pod's own, by which kubelets evict
        assert item["containers"][0]["usageBytes"] == 100 << 20, item
        assert Kubelet.asked == ["/stats/summary?only_cpu_and_memory=true"], Kubelet.asked
        # A snapshot holds it, the pod's own too, with other names as well.
        for more in ([], ["--redact"]):
            file = str(tmp_path / "world.json")
            taken = plimsoll(plane.admin, "snapshot", "--via-nodes-proxy", "--to", file, *more)
            assert taken.code == 0 and "usage is what the kubelets say" in taken.err, taken
            with open(file, encoding="utf-8") as f:
                items = json.load(f)["items"]
            of_node = [i["metadata"]["name"] for i in items if i["kind"] == "NodeMetrics"]
            again = plimsoll(None, "victims", "--node", of_node[0], "-f", file, "-o", "json")
            found = [i["usageBytes"] for i in json.loads(again.out)["items"]]
            assert len(of_node) == 1 and found == [120 << 20], again
        one = plimsoll(plane.admin, "snapshot", "--via-nodes-proxy", "-n", "default")
        assert '"PodMetrics"' not in one.out
        assert "the snapshot is without usage" in plimsoll(plane.admin, "snapshot").err
        # Never unasked.
        Kubelet.asked.clear()
        assert plimsoll(plane.admin, "victims", "--node", name).code == 2
        assert not Kubelet.asked
    finally:
        server.shutdown()
        plane.api.delete(f"/api/v1/namespaces/{namespace}/pods/web?gracePeriodSeconds=0")
        plane.api.delete(f"/api/v1/nodes/{name}")
