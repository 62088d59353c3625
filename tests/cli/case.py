# SPDX-License-Identifier: Apache-2.0
"""Reads one command-line case: a text file of sections, each opened by a line `=== NAME [ARG]`.

    === about                what the case shows
    === file pod.yaml        an input file; after the name: crlf, bom, escaped (\\x1b, \\0 ...),
                             no-newline
    === make deep.yaml       an input file whose content is the value of a Python expression
    === stdin                text for standard input (same words as file)
    === env                  NAME=value lines
    === needs                what must exist, else the case is skipped: /dev/full, @corpus/...
    === run                  shell lines; `plimsoll` is the program under test, @examples and
                             @corpus are folders
    === exit 1               expected exit status (0 if the section is absent)
    === stdout               expected output, byte for byte; `stderr` likewise. Absent = empty
    === stdout contains      instead: each line occurs somewhere
    === stdout lacks         besides: no line occurs anywhere
    === stdout matches       instead: each line is a regular expression found somewhere
    === stdout json          instead: a JSON value; every key given must have the value given
    === stdout any           instead: anything
    === output FILE          expected content of a file that the command wrote
    === limits               seconds N and rss_mib N, one a line

The section text ends before the next `=== `; a trailing empty line is dropped from `about` only.
"""
import codecs
import os
import re

MODES = ("contains", "lacks", "matches", "json", "any")


class BadCase(Exception):
    pass


class Section:
    def __init__(self, head, line):
        words = head.split()
        self.name, self.args, self.line, self.text = words[0], words[1:], line, ""

    @property
    def head(self):
        return " ".join(["==="] + [self.name] + self.args)


class Case:
    KNOWN = ("about", "file", "make", "stdin", "env", "needs", "run", "exit", "stdout", "stderr",
             "output", "limits")

    def __init__(self, path):
        self.path = path
        self.name = os.path.splitext(path)[0]
        self.sections = []
        with open(path, encoding="utf-8", newline="") as f:
            for number, line in enumerate(f, 1):
                if line.startswith("=== "):
                    self.sections.append(Section(line[4:].rstrip("\n"), number))
                    if self.sections[-1].name not in self.KNOWN:
                        raise BadCase(f"{path}:{number}: unknown section {line.strip()}")
                elif not self.sections:
                    if line.strip() and not line.startswith("#"):
                        raise BadCase(f"{path}:{number}: text before the first section")
                else:
                    self.sections[-1].text += line
        for name in ("about", "run"):
            if not self.first(name):
                raise BadCase(f"{path}: no `=== {name}` section")

    def all(self, name):
        return [s for s in self.sections if s.name == name]

    def first(self, name):
        found = self.all(name)
        return found[0] if found else None

    @property
    def exit_code(self):
        s = self.first("exit")
        return int(s.args[0]) if s else 0

    def lines(self, name):
        s = self.first(name)
        return [l for l in s.text.splitlines() if l.strip()] if s else []

    def limit(self, name, default):
        for line in self.lines("limits"):
            key, value = line.split()
            if key == name:
                return float(value)
        return default

    def write(self):
        """Puts the sections back into the file, as they are now."""
        with open(self.path, "w", encoding="utf-8", newline="") as f:
            for s in self.sections:
                text = s.text if not s.text or s.text.endswith("\n") else s.text + "\n"
                f.write(s.head + "\n" + text)


def content(section, words):
    """The bytes of a file or stdin section."""
    data = section.text.encode()
    if "escaped" in words:
        data = codecs.escape_decode(data.replace(b"\n", b"\\n"))[0]
    if "no-newline" in words:
        data = data.rstrip(b"\n")
    if "crlf" in words:
        data = data.replace(b"\n", b"\r\n")
    if "bom" in words:
        data = b"\xef\xbb\xbf" + data
    unknown = set(words) - {"escaped", "no-newline", "crlf", "bom"}
    if unknown:
        raise BadCase(f"unknown word {sorted(unknown)} in `{section.head}`")
    return data


def made(section):
    """The bytes of a `make` section: only builtins, no imports."""
    value = eval(section.text.strip(), {"__builtins__": {
        "range": range, "str": str, "len": len, "bytes": bytes, "chr": chr, "int": int}})
    return value if isinstance(value, bytes) else value.encode()


def covers(want, got, where="$"):
    """Why got does not contain want, or None. Lists must have equal length; keys may be more."""
    if isinstance(want, dict):
        if not isinstance(got, dict):
            return f"{where}: expected an object, got {got!r}"
        for key, value in want.items():
            if key not in got:
                return f"{where}.{key}: missing"
            why = covers(value, got[key], f"{where}.{key}")
            if why:
                return why
        return None
    if isinstance(want, list):
        if not isinstance(got, list) or len(got) != len(want):
            return f"{where}: expected {len(want)} items, got {got!r}"
        for i, value in enumerate(want):
            why = covers(value, got[i], f"{where}[{i}]")
            if why:
                return why
        return None
    if type(want) is not type(got) or want != got:
        return f"{where}: expected {want!r}, got {got!r}"
    return None


def unsafe_bytes(data):
    """X6: what must never reach a terminal. None, or the offset and what stands there."""
    for m in re.finditer(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", data):
        return f"control byte {m.group()!r} at offset {m.start()}"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as e:
        return f"not UTF-8 at offset {e.start}"
    return None
