# SPDX-License-Identifier: Apache-2.0
"""The verbs on the joined cluster: what they read from the API server and from the kubelet."""
import json
import os
import subprocess

from node import NAME

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
RBAC = "rbac.authorization.k8s.io/v1"


def run(bench, *words, environment=None):
    """plimsoll without -f: (its JSON, stderr)."""
    done = subprocess.run([bench.program, *words, "-o", "json"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False,
                          env=environment or dict(os.environ, KUBECONFIG=bench.plane.admin))
    if done.returncode:
        raise AssertionError(f"plimsoll {' '.join(words)}: {done.returncode}: {done.stderr}")
    return json.loads(done.stdout), done.stderr


def values(items, *keys):
    """What inspect says of each container, without where it was read."""
    return {(i["name"], c["name"]): [c[k] for k in keys] for i in items for c in i["containers"]}


def inspect(bench):
    """inspect reads the cluster itself: the same values as from files, and as in the cgroups."""
    answer, said = run(bench, "inspect", "-n", "default")
    bench.holds("the cluster is named on stderr", bench.plane.cluster in said, said)
    keys = ("oomScoreAdj", "memoryMaxBytes", "memoryHighBytes", "oomGroup", "limits")
    bench.equal("values of every container", values(answer["items"], *keys),
                values(bench.ask("inspect")["items"], *keys))


def sampled(answer):
    return {(i["name"], c["name"]) for i in answer["items"] for c in i["containers"]
            if c["usageBytes"]}


def close_to_cgroups(bench, answer):
    """Containers whose usage is not what their cgroup holds (a tenth and 2 MiB apart)."""
    ids, groups, far = bench.container_ids(), bench.cgroups(), []
    now = {ids[os.path.basename(at)]: int(g["memory.current"]) for at, g in groups.items()
           if os.path.basename(at) in ids}
    for i in answer["items"]:
        for c in i["containers"]:
            current = now.get((i["name"], c["name"]), 0)
            if abs((c["usageBytes"] or 0) - current) > current // 10 + (2 << 20):
                far.append(f"{i['name']}/{c['name']}: {c['usageBytes']}, not {current}")
    return far


def usage_through_the_server(bench):
    """victims --via-nodes-proxy: usage of the real kubelet through the API server."""
    answer, said = run(bench, "victims", "--node", NAME, "--via-nodes-proxy")
    bench.holds("it warns of the right to nodes/proxy", "nodes/proxy" in said, said)
    bench.equal("every running container has usage", sampled(answer),
                set(bench.container_ids().values()))
    far = close_to_cgroups(bench, answer)
    bench.holds("which is what its cgroup holds", not far, far)


def in_cluster_environment(bench, account):
    """What a pod finds: a service account's token, the authority, the server's address."""
    os.makedirs("/run", exist_ok=True)
    if not os.path.ismount("/run"):  # in the test's own mounts
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    os.makedirs(ACCOUNT, exist_ok=True)
    with open(bench.plane.authority.certificate, encoding="utf-8") as f:
        authority = f.read()
    for name, text in (("token", bench.plane.token("default", account)), ("ca.crt", authority),
                       ("namespace", "default")):
        with open(os.path.join(ACCOUNT, name), "w", encoding="utf-8") as f:
            f.write(text)
    environment = {k: v for k, v in os.environ.items() if k != "KUBECONFIG"}
    return dict(environment, HOME="/nonexistent", KUBERNETES_SERVICE_HOST="127.0.0.1",
                KUBERNETES_SERVICE_PORT=str(bench.plane.port))


def allow(bench, account, rules):
    api = bench.plane.api
    api.create("/apis/" + RBAC + "/clusterroles", {
        "apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": account}, "rules": rules})
    api.create("/api/v1/namespaces/default/serviceaccounts", {
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}})
    bench.plane.bind(f"system:serviceaccount:default:{account}", account)


def usage_from_the_kubelet(bench):
    """victims inside the cluster: usage from the kubelet at its own address, by a token."""
    read = ["get", "list", "watch"]
    allow(bench, "reader", [{"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": read},
                            {"apiGroups": [""], "resources": ["nodes/stats"], "verbs": ["get"]}])
    environment = in_cluster_environment(bench, "reader")
    answer, _ = run(bench, "victims", "--node", NAME, environment=environment)
    bench.equal("every running container has usage", sampled(answer),
                set(bench.container_ids().values()))
    far = close_to_cgroups(bench, answer)
    bench.holds("which is what its cgroup holds", not far, far)


FACTS = [inspect, usage_through_the_server, usage_from_the_kubelet]
