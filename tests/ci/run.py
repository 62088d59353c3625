#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The snippets of docs/ci do what they say: their YAML is read, and their commands are run in a
repository whose change is good, and in one whose change introduces an error.

    tests/ci/run.py --program build/src/plimsoll

Only the steps that fetch the program are not run (it is put on the PATH instead). Skipped without
git or Python's yaml; where the package check-jsonschema is installed, the pipelines are also held
against the schemas of GitHub and GitLab that it carries, and where pre-commit is, the hook is run by
it.
"""
import argparse
import importlib.resources
import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SNIPPETS = os.path.join(ROOT, "docs", "ci")

faults = []


def expect(what, holds, more=""):
    if not holds:
        faults.append(what + (": " + more.strip()[-600:] if more else ""))


def load(name):
    import yaml
    with open(os.path.join(SNIPPETS, name), encoding="utf-8") as f:
        return yaml.safe_load(f)


def git(folder, *args):
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *args],
                   cwd=folder, check=True, capture_output=True)


class Repository:
    """A clone of an origin whose main holds the fixed example, with a change on top of it."""

    def __init__(self, folder, program, good):
        self.work, origin = os.path.join(folder, "work"), os.path.join(folder, "origin")
        self.bin, self.temp = os.path.join(folder, "bin"), os.path.join(folder, "temp")
        os.makedirs(origin)
        os.makedirs(self.bin)
        os.makedirs(self.temp)
        os.symlink(program, os.path.join(self.bin, "plimsoll"))
        shutil.copytree(os.path.join(ROOT, "examples", "fixed"),
                        os.path.join(origin, "manifests"),
                        ignore=shutil.ignore_patterns("recorded"))
        git(origin, "init", "-q", "-b", "main")
        git(origin, "add", "-A")
        git(origin, "commit", "-qm", "before")
        git(folder, "clone", "-q", origin, self.work)
        path = os.path.join(self.work, "manifests", "checkout.yaml")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        new = "checkout:v2.3.3" if good else "checkout:latest"
        assert "checkout:v2.3.2" in text
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("checkout:v2.3.2", new))
        git(self.work, "add", "-A")
        git(self.work, "commit", "-qm", "after")

    def run(self, script, env):
        env = {"PATH": self.bin + ":/usr/bin:/bin", "HOME": self.temp, "RUNNER_TEMP": self.temp,
               "ASAN_OPTIONS": "detect_leaks=0", **env}
        return subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=self.work, env=env,
                              capture_output=True, text=True, check=False)

    def file(self, name):
        with open(os.path.join(self.work, name), encoding="utf-8") as f:
            return f.read()


def fetches(script):
    return "PLIMSOLL_URL" in script or "PLIMSOLL_SHA256" in script


def try_github(repository, good):
    job = load("github-actions.yaml")["jobs"]["check"]
    steps = [s for s in job["steps"] if "run" in s and not fetches(s["run"])]
    expect("GitHub: two steps run plimsoll", len(steps) == 2)
    env = {**job["env"], "GITHUB_BASE_REF": "main"}
    done = [repository.run(s["run"], env) for s in steps]
    expect("GitHub: the list never fails", done[0].returncode == 0, done[0].stderr)
    upload = [s for s in job["steps"] if "upload-sarif" in s.get("uses", "")]
    sarif = json.loads(repository.file(upload[0]["with"]["sarif_file"]))
    expect("GitHub: SARIF has results", sarif["runs"][0]["results"])
    expect(f"GitHub: a {'good' if good else 'bad'} change", done[1].returncode == (not good),
           done[1].stdout + done[1].stderr)
    annotations = [line for line in done[1].stdout.splitlines() if line.startswith("::error ")]
    expect("GitHub: annotations of what is new only",
           [a for a in annotations if "title=image-latest::" in a] == annotations and
           len(annotations) == (not good), done[1].stdout)
    expect("GitHub: the memory of the change is told", "memory:" in done[1].stdout)


def try_gitlab(repository, good):
    job = load("gitlab-ci.yaml")["plimsoll"]
    script = [line for line in job["script"] if not fetches(line)]
    expect("GitLab: the script is whole", len(script) == len(job["script"]))
    env = {**{k: str(v) for k, v in job["variables"].items()}, "CI_DEFAULT_BRANCH": "main",
           "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    done = repository.run("\n".join(script), env)
    expect(f"GitLab: a {'good' if good else 'bad'} change", done.returncode == (not good),
           done.stdout + done.stderr)
    reports = job["artifacts"]["reports"]
    quality = json.loads(repository.file(reports["codequality"]))
    expect("GitLab: Code Quality", isinstance(quality, list) and
           all(q["fingerprint"] and q["location"]["path"].startswith("manifests/")
               for q in quality) and quality)
    suites = ElementTree.fromstring(repository.file(reports["junit"]))
    expect("GitLab: JUnit", int(suites.get("failures")) == (not good))


def try_argo(repository, good, program):
    judged = subprocess.run([program, "check", "-f", "argocd-presync.yaml", "-o", "json"],
                            cwd=SNIPPETS, capture_output=True, text=True, check=False,
                            env={"ASAN_OPTIONS": "detect_leaks=0"})
    summary = json.loads(judged.stdout)["summary"]
    expect("Argo CD: the Job is clean itself",
           summary["workloads"] == 1 and summary["errors"] + summary["warnings"] == 0,
           judged.stdout)
    (container,) = load("argocd-presync.yaml")["spec"]["template"]["spec"]["containers"]
    mount = container["volumeMounts"][0]["mountPath"]
    args = [a.replace(mount + "/deploy", repository.work) for a in container["args"]]
    done = subprocess.run([program, *args], capture_output=True, text=True, check=False,
                          env={"ASAN_OPTIONS": "detect_leaks=0"})
    expect(f"Argo CD: a {'good' if good else 'bad'} sync", done.returncode == (not good),
           done.stdout)


def try_hook(repository, good):
    import yaml
    with open(os.path.join(ROOT, ".pre-commit-hooks.yaml"), encoding="utf-8") as f:
        (hook,) = yaml.safe_load(f)
    expect("pre-commit: the keys that it requires",
           all(hook.get(k) for k in ("id", "name", "entry", "language")))
    done = repository.run(hook["entry"] + " " + " ".join(hook["args"]), {})
    expect(f"pre-commit: a {'good' if good else 'bad'} commit", done.returncode == (not good),
           done.stdout + done.stderr)
    tool = shutil.which("pre-commit")
    if not tool:
        return "pre-commit is not installed"
    done = repository.run(f"{tool} try-repo {ROOT} {hook['id']} --all-files",
                          {"PATH": repository.bin + ":" + os.environ["PATH"],
                           "HOME": os.environ.get("HOME", repository.temp)})
    expect(f"pre-commit itself: a {'good' if good else 'bad'} commit",
           done.returncode == (not good), done.stdout + done.stderr)
    return None


def try_schemas():
    try:
        import jsonschema
        folder = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
        for name, schema in (("github-actions.yaml", "github-workflows.json"),
                             ("gitlab-ci.yaml", "gitlab-ci.json")):
            document = load(name)
            if True in document:  # YAML 1.1 reads the key `on` so
                document["on"] = document.pop(True)
            with open(str(folder / schema), encoding="utf-8") as f:
                schema = json.load(f)
            found = list(jsonschema.validators.validator_for(schema)(schema).iter_errors(document))
            expect(f"{name} against its schema", not found, str(found[:1]))
    except ImportError as e:
        return f"schemas of the pipelines: {e}"
    return None


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--program", required=True)
    program = os.path.abspath(p.parse_args().program)
    try:
        import yaml  # noqa: F401
    except ImportError as e:
        print(f"skip: ci: {e}")
        return 77
    if not shutil.which("git") or not shutil.which("bash"):
        print("skip: ci: git or bash is not installed")
        return 77
    skipped = {try_schemas()}
    for good in (True, False):
        with tempfile.TemporaryDirectory(prefix="plimsoll-ci-") as folder:
            repository = Repository(folder, program, good)
            try_github(repository, good)
            try_gitlab(repository, good)
            try_argo(repository, good, program)
            skipped.add(try_hook(repository, good))
    for why in sorted(w for w in skipped if w):
        print(f"skip: ci: {why}")
    print("\n".join(faults + [f"docs/ci: {len(faults)} faults"]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
