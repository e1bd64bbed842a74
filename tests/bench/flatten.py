#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The flattening of ecs-env export, said again in Python: what it is compared with, in result and in time.

usage: flatten.py [--pure] FILE     --pure: PyYAML's own parser, as yaml.safe_load() takes it, not libyaml
"""
import re
import shlex
import sys

import yaml


class Loader(yaml.SafeLoader if "--pure" in sys.argv else yaml.CSafeLoader):
    """YAML 1.1 of which only null and the booleans are told from text."""

    yaml_implicit_resolvers = {}


Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool",
    re.compile(r"^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$"),
    list("yYnNtTfFoO"),
)


def flatten(name, value, out):
    if isinstance(value, dict):
        for key, member in value.items():
            flatten(name + "_" + key.upper(), member, out)
    elif isinstance(value, list):
        for i, member in enumerate(value):
            flatten("%s_%d" % (name, i), member, out)
        out[name + "_LEN"] = str(len(value))
    elif value is None:
        out[name] = ""
    elif isinstance(value, bool):
        out[name] = "true" if value else "false"
    else:
        out[name] = shlex.quote(str(value).strip())


def main(path):
    with open(path, "rb") as f:
        tree = yaml.load(f, Loader=Loader) or {}
    out = {}
    for top in ("appliance", "ecs"):
        if top in tree:
            flatten(top.upper(), tree[top], out)
    sys.stdout.buffer.write("".join("%s=%s\n" % (n, out[n]) for n in sorted(out)).encode("utf-8", "surrogatepass"))


if __name__ == "__main__":
    main(sys.argv[-1])
