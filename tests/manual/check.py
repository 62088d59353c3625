#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the option tables promise, held against what happens.

    tests/manual/check.py --program build/src/plimsoll PART...

Parts: examples   every example of every verb runs and ends with its exit status
       man        every man page is formatted without a warning
       bash       completion in a real bash
       zsh        completion script is accepted by a real zsh
       schema     JSON output agrees with docs/schema, key by key
       progress   a long run draws a line on a terminal's stderr and takes it back; Ctrl-C ends it with
                  what is known so far; away from a terminal nothing is drawn
       terminal   in a terminal of 80 and of 200 columns no line wraps, colours are the only escape
                  sequences and NO_COLOR removes them, whatever names the input has

A missing tool is a skip with its reason. Exit: 0 all held, 1 some did not, 77 all were skipped.
"""
import argparse
import glob
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BLACK_FRIDAY = os.path.join("examples", "black-friday")
faults, skips = [], []


def fault(part, text):
    faults.append(part)
    print(f"FAIL {part}: {text}")


def skip(part, why):
    skips.append(part)
    print(f"skip: {part}: {why}")


def environment(folder, program):
    os.symlink(program, os.path.join(folder, "plimsoll"))
    return {"PATH": folder + ":/usr/bin:/bin", "LC_ALL": "C", "NO_COLOR": "1", "TZ": "UTC",
            "HOME": folder, "ASAN_OPTIONS": "detect_leaks=0"}


def shell(command, env, cwd=ROOT, program="sh"):
    return subprocess.run([program, "-c", command], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)


def verbs(env):
    return json.loads(shell("plimsoll help -o json", env).stdout)["items"]


def check_examples(env):
    for verb in verbs(env):
        if not verb["examples"]:
            fault("examples", f"{verb['name']} has none")
        for example in verb["examples"]:
            done = shell(example["command"], env)
            if done.returncode != example["exitCode"]:
                fault("examples", f"`{example['command']}` ended with {done.returncode}, "
                                  f"expected {example['exitCode']}: {done.stderr}")
            elif not done.stdout and example["exitCode"] == 0:
                fault("examples", f"`{example['command']}` printed nothing")


def check_man(env):
    if not shutil.which("groff"):
        return skip("man", "groff is not installed")
    for name in [""] + [v["name"] for v in verbs(env)]:
        page = shell(f"plimsoll help --man {name}", env)
        done = subprocess.run(["groff", "-man", "-Tascii", "-ww", "-rLL=78n"], input=page.stdout,
                              capture_output=True, text=True, check=False)
        if page.returncode or done.returncode or done.stderr:
            fault("man", f"{name or 'plimsoll'}: {page.stderr}{done.stderr}")
        if "SYNOPSIS" not in done.stdout.replace("\b", "") and "S\bSY" not in done.stdout:
            fault("man", f"{name or 'plimsoll'}: no SYNOPSIS in the page")
    return None


COMPLETIONS = (  # what was typed so far, as bash splits it; what must and must not be offered
    (("plimsoll", "vic"), {"victims"}, {"version"}),
    (("plimsoll", "help", "ins"), {"inspect"}, {"--man"}),
    (("plimsoll", "inspect", "--node"), {"--node-memory"}, {"--file"}),
    (("plimsoll", "inspect", "-o", "j"), {"json"}, {"text", "--file"}),
    (("plimsoll", "victims", "--assume", "="), {"requests", "limits"}, {"--node"}),
    (("plimsoll", "victims", "--assume", "=", "re"), {"requests"}, {"limits"}),
    (("plimsoll", "inspect", "-f", "exa"), {"examples"}, {"--file"}),
    (("plimsoll", "inspect", "-o", "json", "=", "exa"), {"examples"}, {"json"}),
    (("plimsoll", "completion", ""), {"bash", "zsh"}, {"fish"}),
    (("plimsoll", "simulate", "m"), {"merge"}, {"--runs"}),
    (("plimsoll", "simulate", "merge", "README"), {"README.md"}, {"merge"}),
    (("kubectl-plimsoll", "chec"), {"check"}, {"inspect"}),
)


def check_bash(env):
    if not shutil.which("bash"):
        return skip("bash", "bash is not installed")
    for words, wanted, unwanted in COMPLETIONS:
        typed = " ".join("'" + w + "'" for w in words)
        script = ("source <(plimsoll completion bash) || exit 3; complete -p plimsoll >/dev/null || "
                  f"exit 4; COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _plimsoll; "
                  "printf '%s\\n' \"${COMPREPLY[@]}\"")
        done = shell(script, env, program="bash")
        offered = set(done.stdout.split())
        if done.returncode or done.stderr or not wanted <= offered or unwanted & offered:
            fault("bash", f"{words}: offered {sorted(offered)}, wanted {sorted(wanted)}, not "
                          f"{sorted(unwanted)}; {done.stderr}")
    return None


def check_zsh(env):
    if not shutil.which("zsh"):
        return skip("zsh", "zsh is not installed")
    done = shell("autoload -Uz compinit && compinit -D -u && source <(plimsoll completion zsh) && "
                 "[[ $_comps[plimsoll] == _plimsoll ]]", env, program="zsh")
    if done.returncode or done.stderr:
        fault("zsh", done.stderr or "not registered")
    return None


# ---- JSON Schema: as much of it as docs/schema uses, so that no package is needed ----

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
         "number": (int, float), "null": type(None)}
KNOWN = {"$schema", "$id", "$defs", "$ref", "title", "description", "type", "properties",
         "required", "additionalProperties", "items", "enum", "const", "minimum", "maximum"}


def is_type(value, name):
    if isinstance(value, bool) and name in ("integer", "number"):
        return False
    return isinstance(value, TYPES[name])


def disagreements(value, schema, root, where="$"):
    """Every place where value is not what the schema says."""
    unknown = set(schema) - KNOWN
    if unknown:
        return [f"{where}: this checker does not know {sorted(unknown)}"]
    if "$ref" in schema:
        target = root
        for part in schema["$ref"].split("/")[1:]:
            target = target[part]
        return disagreements(value, target, root, where)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(is_type(value, t) for t in types):
        return [f"{where}: {value!r} is not of type {types}"]
    found = []
    if "const" in schema and value != schema["const"]:
        found.append(f"{where}: {value!r} is not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is not one of {schema['enum']}")
    if "minimum" in schema and value is not None and value < schema["minimum"]:
        found.append(f"{where}: {value} < {schema['minimum']}")
    if "maximum" in schema and value is not None and value > schema["maximum"]:
        found.append(f"{where}: {value} > {schema['maximum']}")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        found += [f"{where}.{k}: missing" for k in schema.get("required", []) if k not in value]
        for key, inner in value.items():
            if key in properties:
                found += disagreements(inner, properties[key], root, f"{where}.{key}")
            elif schema.get("additionalProperties", True) is False:
                found.append(f"{where}.{key}: not in the schema")
    if isinstance(value, list) and "items" in schema:
        for i, inner in enumerate(value):
            found += disagreements(inner, schema["items"], root, f"{where}[{i}]")
    return found


OUTPUTS = (  # command, kind
    (f"plimsoll inspect -f {BLACK_FRIDAY} -o json", "PodFactsList"),
    ("plimsoll inspect -f tests/manual/pods.yaml -o json", "PodFactsList"),
    (f"plimsoll victims -f {BLACK_FRIDAY} --node ip-10-0-2-15 -o json", "VictimList"),
    (f"plimsoll victims -f {BLACK_FRIDAY} --node ip-10-0-2-15 --assume limits -o json",
     "VictimList"),
    ("plimsoll place -f tests/oracle/recorded/s009-all.json --capacity -o json", "PlacementReport"),
    ("plimsoll place -f tests/oracle/recorded/s008-preempt-mix.json -o json", "PlacementReport"),
    (f"plimsoll simulate -f {BLACK_FRIDAY} -o json", "SimulationReport"),
    (f"plimsoll simulate -f {BLACK_FRIDAY} --lose node/ip-10-0-3-12 -o json", "SimulationReport"),
    (f"plimsoll simulate -f {BLACK_FRIDAY} --runs 30 -o json", "SimulationRunsReport"),
    (f"plimsoll simulate -f {BLACK_FRIDAY} --runs 30 --shard 1/3", "SimulationRunsShard"),
)


def check_schema(env):
    schemas = {os.path.splitext(os.path.basename(p))[0]: json.load(open(p, encoding="utf-8"))
               for p in glob.glob(os.path.join(ROOT, "docs", "schema", "*.json"))}
    try:
        import jsonschema
    except ImportError:
        jsonschema = None
        print("note: python3-jsonschema is not installed, the built-in checker alone was used")
    for command, kind in OUTPUTS:
        done = shell(command, env)
        if done.returncode:
            fault("schema", f"`{command}` ended with {done.returncode}: {done.stderr}")
            continue
        value = json.loads(done.stdout)
        found = disagreements(value, schemas[kind], schemas[kind])
        if jsonschema and not found:
            found = [e.message for e in
                     jsonschema.Draft202012Validator(schemas[kind]).iter_errors(value)]
        for text in found[:10]:
            fault("schema", f"`{command}`: {text}")
    broken = {"apiVersion": "plimsoll.dev/v1", "kind": "VictimList", "summary": {}, "items": [1]}
    if not disagreements(broken, schemas["VictimList"], schemas["VictimList"]):
        fault("schema", "the checker accepts what is wrong")


# ---- a terminal ----

HOSTILE = """apiVersion: v1
kind: Pod
metadata: {name: "%s", namespace: "\\e]0;title\\a\\u202e\\u200bx"}
spec: {containers: [{name: "k\\e[31m\\r\\n", image: "a:1"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: plain, namespace: %s}
spec: {containers: [{name: app, image: "a:1", resources: {requests: {memory: 1Gi}}}]}
""" % ("\\e[2J" + "n" * 3000 + "\\n", "s" * 300)
SGR = re.compile(rb"\x1b\[[0-9]{0,2}m")
CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")


def in_terminal(command, env, columns):
    """What the command writes to a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    process = subprocess.Popen(["sh", "-c", command], cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
                               stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    output = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # EIO: the other side is closed
            break
        if not piece:
            break
        output += piece
    os.close(ours)
    process.stderr.close()
    process.wait()
    return output.replace(b"\r\n", b"\n")


STOPPED = (  # options of simulate that take long, what the progress line then says
    (["--n-2", "--exhaustive", "--until", "168h", "--remedies", "0", "--threads", "1"],
     b"of 7141"),
    (["--runs", "100000000"], b"of 100000000"),
)


def check_progress(env):
    for words, shown in STOPPED:
        check_stopped(env, ["plimsoll", "simulate", "-f", BLACK_FRIDAY, *words], shown)
    quiet = shell("plimsoll simulate -f " + BLACK_FRIDAY + " --remedies 0 > /dev/null", env)
    if "\x1b" in quiet.stderr or "\r" in quiet.stderr:
        fault("progress", f"drawn where there is no terminal: {quiet.stderr[:80]!r}")


def check_stopped(env, command, shown):
    """Stopped by Ctrl-C as soon as the line is there."""
    try:
        ours, theirs = pty.openpty()
    except OSError as e:
        return skip("progress", f"no pseudo-terminal can be opened ({e})")
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 60, 0, 0))
    program = os.path.join(env["HOME"], "plimsoll")
    process = subprocess.Popen(command, executable=program, cwd=ROOT, env=dict(env, TERM="xterm"),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    drawn = b""
    while shown not in drawn:
        try:
            drawn += os.read(ours, 65536)
        except OSError:
            break
    if shown not in drawn:
        process.communicate()
        return skip("progress", "the run was over before a line was drawn")
    process.send_signal(signal.SIGINT)
    left = []
    rest = threading.Thread(target=drain, args=(ours, left))
    rest.start()
    output = process.communicate()[0].decode()
    rest.join()
    drawn += b"".join(left)
    os.close(ours)
    if process.returncode != 130:
        fault("progress", f"exit status {process.returncode} after SIGINT")
    if not output.startswith("Partial: stopped "):
        fault("progress", f"does not say that it is partial: {output[:80]!r}")
    if not drawn.endswith(b"\r\x1b[K"):
        fault("progress", f"the line is not taken back: {drawn[-40:]!r}")
    for line in drawn.split(b"\r\x1b[K"):
        if len(line) > 59 or CONTROL.search(line) or b"\x1b" in line:
            fault("progress", f"NO_COLOR and 60 columns: {line!r}")
            break


def drain(fd, pieces):
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            return
        if not piece:
            return
        pieces.append(piece)


def check_terminal(env):
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError as e:
        return skip("terminal", f"no pseudo-terminal can be opened ({e})")
    path = os.path.join(env["HOME"], "hostile.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(HOSTILE)
    colourful = dict(env, TERM="xterm")
    del colourful["NO_COLOR"]
    for columns in (80, 200):
        for command in (f"plimsoll inspect -f {path}", f"plimsoll inspect -f {BLACK_FRIDAY}",
                        f"plimsoll victims -f {BLACK_FRIDAY} --node ip-10-0-2-15",
                        f"plimsoll simulate -f {BLACK_FRIDAY} --remedies 0"):
            colour = in_terminal(command, colourful, columns)
            bare = SGR.sub(b"", colour)
            if bare == colour:
                fault("terminal", f"`{command}` is not coloured")
            if CONTROL.search(bare):
                fault("terminal", f"`{command}` writes {CONTROL.search(bare).group()!r}")
            if in_terminal(command, dict(colourful, NO_COLOR="1"), columns) != bare:
                fault("terminal", f"`{command}`: NO_COLOR changes more than colours")
            longest = max((len(line.decode()) for line in bare.split(b"\n")), default=0)
            if not 10 < longest <= columns:
                fault("terminal", f"`{command}` at {columns} columns has a line of {longest}")


PARTS = {"progress": check_progress, "terminal": check_terminal, "examples": check_examples, "man": check_man, "bash": check_bash, "zsh": check_zsh,
         "schema": check_schema}


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--program", required=True)
    p.add_argument("parts", nargs="+", choices=sorted(PARTS))
    options = p.parse_args()
    with tempfile.TemporaryDirectory(prefix="plimsoll-manual-") as folder:
        env = environment(folder, os.path.abspath(options.program))
        for part in options.parts:
            PARTS[part](env)
    print(f"{len(options.parts)} parts, {len(faults)} faults, {len(skips)} skipped")
    sys.exit(1 if faults else 77 if len(skips) == len(options.parts) else 0)


if __name__ == "__main__":
    main()
