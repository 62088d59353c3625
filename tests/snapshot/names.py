#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No name of a world may be left in its redacted snapshot.

compare() walks a plain and a redacted snapshot side by side: each word of each text must be gone,
unless it is a well-known one. World puts made-up names of every form that Kubernetes takes (digits
alone, amounts, versions with more behind, capitals, hexadecimal, dates) wherever canary.yaml has one.
"""
import json
import os
import random
import re

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WORD = re.compile(r"[A-Za-z0-9\u0080-\U0010ffff]+")
UNIT = "(KiB|MiB|GiB|TiB|[KMGTP]i|ms|us|ns|[kMGTKmgshud])"
AMOUNT = re.compile(rf"(\d{{1,5}}{UNIT})*\d{{1,5}}{UNIT}?")
VERSION = re.compile(r"v\d{1,5}((beta|alpha)\d{0,2})?")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# Fields whose texts are amounts, and whose values are their own.
AMOUNTS = {"capacity", "allocatable", "requests", "limits", "hard", "used", "usage", "default",
           "defaultRequest", "max", "min", "maxLimitRequestRatio", "sizeLimit", "overhead", "podFixed",
           "evictionHard", "evictionSoft", "evictionMinimumReclaim", "systemReserved", "kubeReserved",
           "evictionSoftGracePeriod", "allocatedResources", "memory", "cpu", "storage", "target"}
# Of ConfigMaps: JSON in a text.
CONFIGURATIONS = {"kubelet", "config.conf"}


def known_words():
    """The words of src/model/redact_words.c, the parts, and those of rules' ids."""
    with open(os.path.join(ROOT, "src/model/redact_words.c"), encoding="utf-8") as f:
        text = f.read()
    head, parts = text.split("redact_parts[]")
    words = set()
    for quoted in re.findall(r'"([^"]*)"', head):
        words.update(quoted.lower().split())
    with open(os.path.join(ROOT, "src/rules/meson.build"), encoding="utf-8") as f:
        for path in re.findall(r"'([a-z_]+/[a-z0-9_]+)'", f.read()):
            words.update(path.split("/")[1].split("_"))
    return words, re.findall(r'"(\w+)"', parts)


WORDS, PARTS = known_words()


def may_stay(word, before=""):
    small = word.lower()
    if len(word) == 1 or small in WORDS or AMOUNT.fullmatch(word) or VERSION.fullmatch(word):
        return True
    known = re.fullmatch(r"(\D+)(.+)", small)
    if known and known.group(1) in WORDS and AMOUNT.fullmatch(word[len(known.group(1)):]):
        return True
    # "-ec": the letters of a flag.
    return len(word) <= 3 and bool(re.search(r"(^| )-$", before))


def kept_words(text, redacted):
    """The words of a text that are left and should not be. The parts of a UUID are no words: by
    chance one may come again."""
    if TIME.fullmatch(text) or UUID.fullmatch(text):
        return [text] if UUID.fullmatch(text) and text == redacted else []
    new = {w.lower() for w in WORD.findall(redacted)}
    return [m.group() for m in WORD.finditer(text)
            if m.group().lower() in new and not may_stay(m.group(), text[:m.start()])]


def pairs(plain, redacted, path):
    """(path, text before, text after) of every key and every text of two trees of one shape."""
    if isinstance(plain, dict) and isinstance(redacted, dict):
        for (a, x), (b, y) in zip(plain.items(), redacted.items(), strict=True):
            yield path + [a], a if a != b else "", b
            yield from pairs(x, y, path + [a])
    elif isinstance(plain, list) and isinstance(redacted, list):
        for x, y in zip(plain, redacted, strict=True):
            yield from pairs(x, y, path + ["[]"])
    elif isinstance(plain, str) and isinstance(redacted, str):
        if path[-1] in CONFIGURATIONS and len(plain) > 1:
            yield from pairs(json.loads(plain), json.loads(redacted), path)
        else:
            yield path, plain, redacted
    elif type(plain) is not type(redacted):
        yield path, str(plain), str(plain)


def left_over(plain, redacted):
    """What a redacted snapshot still tells: lines."""
    wrong = []
    for path, before, after in pairs(plain, redacted, []):
        if AMOUNTS & set(path[:-1]) and before == after:
            continue
        for word in kept_words(before, after):
            wrong.append(f"{'.'.join(path)}: {word!r} is left in {after!r}")
    return wrong


# ---- worlds of made-up names ----

CONSONANTS = "bcdfghjklmnpqrstvwxz"


class Names:
    """Other names for those with canary in them, the same for the same: each of its own form."""

    def __init__(self, seed):
        self.rng, self.made = random.Random(seed), {}

    def letters(self, n):
        return "".join(self.rng.choice(CONSONANTS) for _ in range(n))

    def digits(self, n):
        return self.rng.choice("123456789") + "".join(self.rng.choice("0123456789")
                                                      for _ in range(n - 1))

    def make(self):
        rng = self.rng
        return rng.choice([
            lambda: self.letters(rng.randint(5, 12)),
            lambda: self.digits(rng.randint(7, 14)),
            lambda: self.digits(7) + rng.choice(["Ki", "Gi", "m", "k", "M", "h", "s", "e9"]),
            lambda: self.digits(1) + "e" + self.digits(7),
            lambda: "v" + self.digits(8),
            lambda: self.letters(6).upper(),
            lambda: self.letters(4).capitalize() + self.letters(4).capitalize(),
            lambda: self.letters(3) + self.digits(6),
            lambda: self.digits(6) + self.letters(3),
            lambda: "%08x" % rng.randrange(1 << 31, 1 << 32) + "f" + self.digits(2),
            lambda: self.letters(6) + rng.choice(["db", "redis", "sql", "dns"]),
            lambda: "x" * 70 + self.letters(6),
            lambda: self.letters(3) + "\u00e9" + self.letters(4),
        ])()

    def word(self, match):
        return self.made.setdefault(match.group(), self.make())

    def text(self, s):
        # A name of one word, of two, or with the words around it.
        whole = re.fullmatch(r"[\w-]*canary[\w-]*", s)
        if whole and s not in self.made and self.rng.random() < 0.5:
            self.made[s] = self.make()
        if s in self.made:
            return self.made[s]
        return re.sub(r"[A-Za-z0-9]*[Cc]anary[A-Za-z0-9]*", self.word, s)

    def world(self, n):
        if isinstance(n, dict):
            return {self.text(k): self.world(v) for k, v in n.items()}
        if isinstance(n, list):
            return [self.world(v) for v in n]
        return self.text(n) if isinstance(n, str) else n


def still_there(names, text):
    """Names that stand in the text, as they are or in small letters; of a name that ends in a word by
    which rules know it that word may."""
    small = text.lower()
    return [n for n in sorted(set(names.made.values())) if n.lower() in small]
