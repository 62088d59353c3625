# SPDX-License-Identifier: Apache-2.0
"""What plimsoll does when the server, or what is in front of it, does not do what it should.

Each row of the table in docs/live-faults.md is a case here: what was done to the answer, the last
line that plimsoll prints, its exit status, and a bound of its time. `--update` writes the table.
"""
import collections
import os
import re
import socket
import threading

import pytest

import faults
import fill
import player as play
from certificates import Authority
from conftest import ROOT, make_plane, wait_pods, wait_until
from metrics import GROUP, Metrics
from proxy import Proxy

TABLE = os.path.join(ROOT, "docs", "live-faults.md")
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
NAMESPACE = "faults"
TIMEOUT_S = 4
SLACK_S = 3  # what starting, TLS and a busy machine take
PODS = r"^/api/v1/namespaces/faults/pods"
MEMORY_BYTES = 100 << 20

# what: for the reader. fault: of faults.py. within_s: without the slack. same: the output is that
# of a server without fault.
Case = collections.namedtuple("Case", "what fault within_s same", defaults=[False])
CASES = [
    Case("answers 2 s late", faults.delay, 2, True),
    Case("takes the request and never answers", faults.silence, TIMEOUT_S),
    Case("closes the connection without an answer", faults.close_at_once, TIMEOUT_S),
    Case("closes in the middle of the headers", faults.half_head, TIMEOUT_S),
    Case("falls silent in the middle of the headers", faults.half_head_then_silence, TIMEOUT_S),
    Case("closes in the middle of the body", faults.cut_body, TIMEOUT_S),
    Case("closes in the middle of a chunk", faults.cut_chunk, TIMEOUT_S),
    Case("resets the connection in the middle of the body", faults.reset_body, TIMEOUT_S),
    Case("falls silent in the middle of the body", faults.silent_body, TIMEOUT_S),
    Case("sends one byte a second", faults.trickle, TIMEOUT_S),
    Case("sends random bytes instead of HTTP", faults.garbage, TIMEOUT_S),
    Case("sends random bytes as JSON", faults.garbage_body, TIMEOUT_S),
    Case("sends half of the JSON in a complete answer", faults.truncated_json, TIMEOUT_S),
    Case("sends 100,000 opening brackets", faults.deep_json, TIMEOUT_S),
    Case("sends an object of another kind", faults.other_kind, TIMEOUT_S),
    Case("answers 401", faults.unauthorized, TIMEOUT_S),
    Case("answers 429 once, with Retry-After: 1", faults.slow_down_once, TIMEOUT_S, True),
    Case("answers 429 for ever, with Retry-After: 1", faults.slow_down, TIMEOUT_S),
    Case("answers 429, with Retry-After: 86400", faults.slow_down_a_day, TIMEOUT_S),
    Case("answers 500", faults.internal_error, TIMEOUT_S),
    Case("answers 500 with terminal escapes in its message", faults.escape_body, TIMEOUT_S),
    Case("answers 503 as a load balancer does", faults.unavailable, TIMEOUT_S),
    Case("answers 200 with a login page", faults.login_page, TIMEOUT_S),
    Case("redirects to a login page", faults.redirect, TIMEOUT_S),
    Case("answers in protobuf", faults.protobuf, TIMEOUT_S),
    Case("sends 10 MiB that inflate to 10 GiB of white space", faults.gzip_bomb, 60),
    Case("sends 4 MiB that inflate to one name of 4 GiB", faults.gzip_string_bomb, 60),
    Case("calls gzip what is not", faults.bad_gzip, TIMEOUT_S),
    Case("sends one header of 4 MiB", faults.huge_head, TIMEOUT_S),
    Case("sends headers for ever", faults.endless_head, TIMEOUT_S),
    Case("contradicts itself about the length", faults.two_lengths, TIMEOUT_S),
]


@pytest.fixture(scope="module")
def pods(plane, player):
    """A namespace with a few workloads to judge."""
    plane.api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace",
                                            "metadata": {"name": NAMESPACE}})
    for name in ("web", "api", "db"):
        plane.api.create(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments", {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": f"example.com/{name}:1"}]}}}})
    return wait_pods(plane, NAMESPACE, 6)


@pytest.fixture(scope="module")
def account(plane, pods):
    return lambda url: plane.account(NAMESPACE, "reader", "cluster-admin", url)


def run(plimsoll, kubeconfig, *words):
    return plimsoll(kubeconfig, "check", "-n", NAMESPACE, "--fail-on", "never",
                    f"--request-timeout={TIMEOUT_S}s", *words, timeout=100)


def plain(text, url=""):
    """Without what differs from run to run."""
    if url:
        text = text.replace(url, "https://SERVER")
    text = re.sub(r"127\.0\.0\.1:\d+", "SERVER", text)
    text = re.sub(r"/\S*\.kubeconfig", "KUBECONFIG", text)
    text = re.sub(r"it is \d{4}-\S+ here", "it is NOW here", text)
    return re.sub(r"\b[1-9]\d* bytes", "N bytes", text)


def last_line(got, url):
    lines = [l for l in plain(got.err, url).splitlines() if not l.startswith("plimsoll: context")]
    return lines[-1].strip() if lines else ""


class Table:
    """The rows of the document, and what this run has seen."""

    def __init__(self, update):
        self.update, self.seen = update, {}
        with open(TABLE, encoding="utf-8") as f:
            self.text = f.read()
        rows = self.text.split(BEGIN)[1].split(END)[0]
        self.rows = {r[1]: r for r in (re.split(r" *(?<!\\)\| *", l) for l in rows.splitlines())
                     if len(r) == 6}

    def hold(self, what, says, code, seconds):
        says = f"`{says}`" if says else "nothing: the answer is used"
        cells = [what, says.replace("|", "\\|"), str(code), f"{seconds:g} s"]
        self.seen[what] = "| " + " | ".join(cells) + " |"
        if not self.update:
            assert what in self.rows, f"no row for '{what}' in {TABLE}"
            assert self.rows[what][2:4] == cells[1:3]

    def write(self):
        """Rows of cases that did not run stay."""
        rows = {w: "| " + " | ".join(r[1:5]) + " |" for w, r in self.rows.items()
                if w not in ("The server", "---")}
        rows.update(self.seen)
        head = "| The server | plimsoll prints | exit | within |\n|---|---|---|---|"
        before, after = self.text.split(BEGIN)[0], self.text.split(END)[1]
        with open(TABLE, "w", encoding="utf-8") as f:
            f.write(before + BEGIN + "\n" + "\n".join([head, *rows.values()]) + "\n" + END + after)


@pytest.fixture(scope="module")
def table(request):
    t = Table(request.config.getoption("--update"))
    yield t
    if t.update:
        t.write()


@pytest.fixture(scope="module")
def proxy(plane):
    with Proxy(plane) as p:
        yield p


@pytest.fixture(scope="module")
def usual(plimsoll, proxy, account):
    """The answer without a fault, through the proxy."""
    proxy.set()
    got = run(plimsoll, account(proxy.url))
    assert got.code == 0 and "error" in got.out, got
    return got


def hold_same(got, usual, url):
    assert (got.code, got.out) == (usual.code, usual.out), got
    assert last_line(got, url) == last_line(usual, url), got


def check_bounds(got, within_s):
    assert got.seconds <= within_s + SLACK_S, got
    assert got.max_rss_bytes <= MEMORY_BYTES, got.max_rss_bytes
    for text in (got.out, got.err):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", text), repr(text)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.fault.__name__)
def test_fault(plimsoll, proxy, account, usual, table, case):
    kubeconfig = account(proxy.url)
    proxy.set(case.fault, PODS)
    got = run(plimsoll, kubeconfig)
    assert proxy.seen, f"the fault met no request: {proxy.requests}"
    check_bounds(got, case.within_s)
    if case.same:
        hold_same(got, usual, proxy.url)
        table.hold(case.what, "", got.code, case.within_s + SLACK_S)
        return
    says = last_line(got, proxy.url)
    assert says and got.code != 70, got
    table.hold(case.what, says, got.code, case.within_s + SLACK_S)


# --- what goes wrong before there is any HTTP ----------------------------------------------------

def test_expired_certificate(plane, plimsoll, account, table):
    pair = plane.authority.issue("expired", "/CN=expired", expired=True)
    with Proxy(plane, certificate=pair) as p:
        hold_tls(plimsoll, account(p.url), p.url, table, "has a certificate that has expired")


def test_certificate_of_another_name(plane, plimsoll, account, table):
    pair = plane.authority.issue("elsewhere", "/CN=elsewhere", "DNS:kubernetes.example.com")
    with Proxy(plane, certificate=pair) as p:
        hold_tls(plimsoll, account(p.url), p.url, table, "has a certificate for another name")


def test_certificate_of_an_unknown_authority(plane, plimsoll, account, table, tmp_path):
    pair = Authority(str(tmp_path / "pki"), "stranger").issue("server", "/CN=server")
    with Proxy(plane, certificate=pair) as p:
        hold_tls(plimsoll, account(p.url), p.url, table,
                 "has a certificate of an authority that the kubeconfig does not name")


def test_http2_only(plane, plimsoll, account, table):
    with Proxy(plane, alpn=("h2",)) as p:
        p.set(faults.http2_only, "")
        hold_tls(plimsoll, account(p.url), p.url, table, "speaks HTTP/2 only")


def test_no_tls(plane, plimsoll, account, table):
    """As a Go server answers on the port without TLS."""
    p = Proxy(plane)
    p.on_connect = faults.plain_http
    with p:
        hold_tls(plimsoll, account(p.url), p.url, table, "speaks HTTP without TLS")


def hold_tls(plimsoll, kubeconfig, url, table, what):
    got = run(plimsoll, kubeconfig)
    check_bounds(got, TIMEOUT_S)
    assert got.code == 3, got
    table.hold(what, last_line(got, url), got.code, TIMEOUT_S + SLACK_S)


def test_nobody_listens(plimsoll, account, table):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{s.getsockname()[1]}"
        hold_tls(plimsoll, account(url), url, table, "is not there (connection refused)")


def test_accepts_and_is_silent(plimsoll, account, table):
    """A full accept queue, or a firewall that swallows: TLS never begins."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        url = f"https://127.0.0.1:{s.getsockname()[1]}"
        hold_tls(plimsoll, account(url), url, table, "accepts the connection and says nothing")


# --- in the middle of a list ----------------------------------------------------------------------

@pytest.fixture(scope="module")
def many(plimsoll):
    """A cluster of 1,500 pods, so that lists have several pages."""
    with make_plane(controllers=False) as plane:
        fill.fill(plane, 30, 1500)
        plane.api.create("/api/v1/namespaces/default/serviceaccounts", {
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader"}})
        with Proxy(plane) as proxy:
            kubeconfig = plane.account("default", "reader", "cluster-admin", proxy.url)
            usual = check_all(plimsoll, kubeconfig)
            assert usual.code == 0, usual
            assert sum("/api/v1/pods" in r for r in proxy.requests) >= 3, proxy.requests
            yield proxy, kubeconfig, usual


def check_all(plimsoll, kubeconfig):
    return plimsoll(kubeconfig, "check", "-A", "--fail-on", "never", "--request-timeout=20s",
                    timeout=100)


@pytest.mark.parametrize("what, fault, same", [
    ("answers 410 for the second page, once", faults.expired_once, True),
    ("answers 410 for every second page", faults.expired_always, True),
    ("gives the first page again and again", faults.same_page, False)],
                         ids=lambda v: getattr(v, "__name__", None))
def test_pages(plimsoll, many, table, what, fault, same):
    proxy, kubeconfig, usual = many
    proxy.set(fault, "^/api/v1/pods")
    got = check_all(plimsoll, kubeconfig)
    assert got.seconds < 40, got
    assert len(proxy.requests) < 2000, "the list has no end"
    if same:
        hold_same(got, usual, proxy.url)
    else:
        assert got.code == 3, got
    table.hold(what, "" if same else last_line(got, proxy.url), got.code, 40)


def test_server_is_replaced_while_it_is_asked(own_plane, plimsoll, account, table):
    """The API server is killed and started again while plimsoll asks it again and again."""
    plane = own_plane()
    kubeconfig = plane.admin
    stop, answers = threading.Event(), []

    def ask():
        while not stop.is_set():
            answers.append(plimsoll(kubeconfig, "check", "-A", "--fail-on", "never",
                                    f"--request-timeout={TIMEOUT_S}s", timeout=100))
    t = threading.Thread(target=ask)
    t.start()
    try:
        for _ in range(2):
            plane.restart_apiserver(down_s=0.5)
    finally:
        stop.set()
        t.join()
    assert {a.code for a in answers} <= {0, 2, 3}, answers
    for a in answers:
        check_bounds(a, TIMEOUT_S * 2)
        assert a.code == 0 or last_line(a, plane.server), a


# --- an aggregated API: metrics-server behind a real APIService -------------------------------------

def answer_with(code, kind, body):
    def answer(handler):
        handler.send_response(code)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
    return answer


NOT_YET = (b'{"kind":"Status","apiVersion":"v1","status":"Failure","message":"metrics not available yet",'
           b'"reason":"ServiceUnavailable","code":503}')
METRICS = [
    ("metrics-server answers 503", answer_with(503, "application/json", NOT_YET)),
    ("metrics-server answers with a page for a browser", answer_with(200, "text/html", b"<html>")),
    ("metrics-server hangs", lambda handler: handler.server.metrics.hold.wait(60)),
]


@pytest.fixture(scope="module")
def metered():
    """A control plane with metrics, and a Deployment to judge."""
    with make_plane(controllers=False) as plane, Metrics(plane) as metrics:
        metrics.hold = threading.Event()
        plane.api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace",
                                                "metadata": {"name": NAMESPACE}})
        plane.api.create(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments", {
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "main", "image": "example.com/web:1"}]}}}})
        plane.api.create("/api/v1/nodes", play.node(0))
        yield plane, metrics
        metrics.hold.set()


def without_metrics(plimsoll, plane, table, what):
    """All is judged that does not rest on usage, and why there is none is said."""
    got = run(plimsoll, plane.admin)
    check_bounds(got, TIMEOUT_S)
    assert got.code == 0 and "Deployment" in got.out, got
    says = [l for l in plain(got.err, plane.server).splitlines() if "metrics.k8s.io" in l]
    assert len(says) == 2 and says[0].replace("pods.", "nodes.") == says[1].replace("pods.", "nodes."), got
    table.hold(what, says[0], got.code, TIMEOUT_S + SLACK_S)
    got = plimsoll(plane.admin, "simulate", "--top=1", f"--request-timeout={TIMEOUT_S}s")
    check_bounds(got, TIMEOUT_S)
    assert got.code == 0 and "usage is not known: metrics.k8s.io (metrics-server) says nothing" in \
        got.err, got


@pytest.mark.parametrize("what, fault", METRICS, ids=["503", "page", "hangs"])
def test_metrics(plimsoll, metered, table, what, fault):
    plane, metrics = metered
    wait_until(lambda: plane.api.raw("GET", GROUP + "/nodes")[0] == 200, "metrics", 90)
    metrics.fault = fault
    try:
        without_metrics(plimsoll, plane, table, what)
    finally:
        metrics.fault = None
        metrics.hold.set()
        metrics.hold = threading.Event()


def test_metrics_unavailable(plimsoll, metered, table):
    """The API server has noticed that nobody is there."""
    plane, metrics = metered
    metrics.server.shutdown()
    metrics.server.server_close()
    path = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"

    def known():
        found = plane.api.get(path)["status"]["conditions"]
        return any(c["type"] == "Available" and c["status"] == "False" for c in found)
    wait_until(known, "the API server to notice", 120)
    without_metrics(plimsoll, plane, table, "has no metrics-server: its APIService is not available")
