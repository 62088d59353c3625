# SPDX-License-Identifier: Apache-2.0
"""The blocks of the documentation that need a cluster (```console live) are run against a real one.

The cluster is the small world of player.py with metrics behind it. Where pods land is the
scheduler's throw, so figures and the random ends of names are compared by their form; --update
rewrites the pages as tools/check-docs does.
"""
import importlib.machinery
import importlib.util
import os
import re

import pytest

import player as play
from conftest import ROOT, make_plane, wait_nodes, wait_until
from metrics import Metrics


def load_check_docs():
    path = os.path.join(ROOT, "tools", "check-docs")
    loader = importlib.machinery.SourceFileLoader("check_docs", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_docs", loader))
    loader.exec_module(module)
    return module


docs = load_check_docs()
MARK = "console live"
SERVER = "https://10.0.0.1:6443"


def pages():
    for name in docs.documents():
        with open(os.path.join(ROOT, name), encoding="utf-8") as f:
            lines = f.read().splitlines()
        if any(e.command.startswith("plimsoll") for e in docs.examples(lines, MARK)):
            yield name


def form(line):
    """What of a line must stay: words, not figures, times, or the ends of pods' names."""
    line = re.sub(r"-[a-z0-9]{8,10}-[a-z0-9]{5}\b", "-HASH", line)
    line = re.sub(r"\d[\d.,:TZ-]*(?:[KMGT]i)?", "N", line)
    return re.sub(r" +", " ", line.rstrip())


@pytest.fixture(scope="module")
def world():
    """A control plane of its own: other tests' namespaces would be in the counts."""
    with make_plane() as plane:
        plane.wait_for(lambda: plane.api.raw("GET", "/api/v1/namespaces/default/serviceaccounts/"
                                             "default")[0] == 200, "the default account")
        player = play.small_world(plane)
        try:
            wait_nodes(plane, player)
            with Metrics(plane):
                wait_until(lambda: settled(plane), "all pods run, with usage", 120)
                yield plane
        finally:
            player.stop()


def settled(plane):
    pods = plane.api.items("/api/v1/pods")
    status, _, _ = plane.api.raw("GET", "/apis/metrics.k8s.io/v1beta1/pods")
    return (status == 200 and len(pods) > 100 and
            all(p["status"].get("phase") == "Running" for p in pods))


@pytest.mark.parametrize("name", list(pages()))
def test_page(plimsoll, world, name, request, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", world.admin)
    path = os.path.join(ROOT, name)
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    wrong = []
    for e in reversed(docs.examples(lines, MARK)):
        if not e.command.startswith("plimsoll"):
            continue
        answer = plimsoll(world.admin, *e.command.split()[1:])
        got = [l.replace(world.server, SERVER) for l in (answer.err + answer.out).splitlines()]
        if docs.matches([form(l) for l in e.expected], [form(l) for l in got]):
            continue
        if request.config.getoption("--update"):
            lines[e.line:e.end] = docs.updated(e.expected, got)
            with open(path, "w", encoding="utf-8") as f:
                f.write("\n".join(lines) + "\n")
            continue
        wrong.append(f"{name}:{e.line}: $ {e.command}\n" + "\n".join(got[:60]))
    assert not wrong, "\n\n".join(wrong)
