#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Environments by chance, and what PyYAML makes of them.

usage: environments.py FOLDER COUNT     writes them (the same each time; $SEED changes that)
       environments.py --compare FOLDER exports each by ecs-env and by tests/bench/flatten.py; exit 1 on a difference
"""
import contextlib
import glob
import io
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench"))

PLAIN = ["~", "null", "yes", "No", "TRUE", "off", "y", "N", "010", "0x1F", "1e3", "1_000", ".inf", "12:30:45", "2026-01-02",
         "word", "two words", "a-b", "it's", "$HOME", "a=b", "x # no comment"[:1], "/path/x", "http://x.example/?a=b&c",
         "=", "-x", "ä", "😀", "a  b", "'", "tRue", "nULL", "<", "a:b", "100%", "x@y.example", "#"[:0]]
CHARACTERS = ["a", "Z", "0", " ", " ", "  ", "\t", "\n", "\n\n", "'", '"', "\\", "$", "`", "ä", "€", "😀", "\u00a0", "\u2003", "\u3000",
              "\u200b", "\u0085", "\u2028", "#", ":", "-", "=", "~", "\x1b", "\x7f", "\x1c", "%", "*", "&", "!", "|", ">", "@", "\u202e"]


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.anchors = []
        self.keys = 0

    def key(self):
        self.keys += 1
        return self.r.choice("abcxyzABC_") + "".join(self.r.choice("abcAB01_") for _ in range(self.r.randrange(6))) + str(self.keys)

    def text(self):
        return "".join(self.r.choice(CHARACTERS) for _ in range(self.r.randrange(12)))

    def double(self):
        out = []
        for c in self.text():
            if c in '"\\':
                out.append("\\" + c)
            elif self.r.random() < 0.2 or ord(c) < 32 or c in "\x7f\u0085\u2028":
                n = ord(c)
                out.append("\\x%02x" % n if n < 256 else "\\u%04x" % n if n < 65536 else "\\U%08x" % n)
            else:
                out.append(c)
        return '"' + "".join(out) + '"'

    def single(self):
        safe = "".join(c for c in self.text() if ord(c) >= 32 and c not in "\x7f\u0085\u2028")
        return "'" + safe.replace("'", "''") + "'"

    def scalar(self):
        kind = self.r.random()
        return self.r.choice(PLAIN) if kind < 0.5 else self.double() if kind < 0.8 else self.single()

    def block(self, indent):
        head = self.r.choice("|>") + self.r.choice(["", "-", "+"])
        lines = ["".join(c for c in self.text() if ord(c) >= 32 and c not in "\x7f\u0085\u2028") for _ in range(self.r.randrange(1, 5))]
        lines[0] = "x" + lines[0]
        return head + "\n" + "".join((" " * indent + line if line.strip() else "") + "\n" for line in lines)

    def flow(self, depth):
        kind = self.r.random()
        if depth > 3 or kind < 0.5:
            return self.single()
        if kind < 0.75:
            return "[" + ", ".join(self.flow(depth + 1) for _ in range(self.r.randrange(13))) + "]"
        return "{" + ", ".join(self.key() + ": " + self.flow(depth + 1) for _ in range(self.r.randrange(4))) + "}"

    def value(self, indent, depth):
        """What stands behind a key's colon or a dash, with its line end."""
        kind = self.r.random()
        if self.anchors and kind < 0.06:
            return " *" + self.r.choice(self.anchors) + "\n"
        if kind < 0.45 or depth > 4:
            mark = ""
            if self.r.random() < 0.05:
                name = "n%d" % len(self.anchors)
                mark = " &" + name
                line = mark + " " + self.scalar() + "\n"
                self.anchors.append(name)
                return line
            if self.r.random() < 0.05:
                mark = " !!str"
            return mark + " " + self.scalar() + self.r.choice(["", "", "  # comment"]) + "\n"
        if kind < 0.55:
            return " " + self.block(indent + 2)
        if kind < 0.7:
            return " " + self.flow(0) + "\n"
        if kind < 0.85:
            return "\n" + self.map(indent + 2, depth + 1)
        return "\n" + "".join(" " * indent + "  -" + self.value(indent + 2, depth + 1) for _ in range(self.r.randrange(1, 12)))

    def map(self, indent, depth):
        return "".join(" " * indent + self.key() + ":" + self.value(indent, depth) for _ in range(self.r.randrange(1, 6)))

    def document(self):
        text = "#cloud-config\n"
        for top in self.r.sample(["appliance", "ecs", "runcmd"], self.r.randrange(1, 4)):
            text += self.r.choice(["", "# comment\n", "\n"]) + top + ":\n" + self.map(2, 1)
        return text


def generate(folder, count):
    os.makedirs(folder)
    for i in range(count):
        with open(os.path.join(folder, "%04d.yml" % i), "w", encoding="utf-8") as out:
            out.write(Maker("%s %d" % (os.environ.get("SEED", ""), i)).document())


def theirs(flatten, path):
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="utf-8")
    with contextlib.redirect_stdout(out):
        flatten.main(path)
    return raw.getvalue()


def compare(folder):
    import flatten  # of tests/bench

    different = refused = variables = 0
    for path in sorted(glob.glob(os.path.join(folder, "*.yml"))):
        ours = subprocess.run(["ecs-env", "-q", "export", path], capture_output=True, check=False)
        try:
            wanted = theirs(flatten, path)
        except flatten.yaml.YAMLError as error:
            refused += 1
            if ours.returncode != 65:
                different += 1
                print("%s: PyYAML refuses it, ecs-env does not: %s" % (path, error), file=sys.stderr)
            continue
        variables += wanted.count(b"\n")
        if ours.returncode or ours.stdout != wanted:
            different += 1
            print("%s: differs: %s" % (path, ours.stderr.decode()), file=sys.stderr)
    print("%d variables compared, %d refused by both, %d differ" % (variables, refused, different))
    return 1 if different or not variables else 0


if __name__ == "__main__":
    if sys.argv[1] == "--compare":
        sys.exit(compare(sys.argv[2]))
    generate(sys.argv[1], int(sys.argv[2]))
