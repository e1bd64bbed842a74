#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-env export against PyYAML and shlex (tests/bench/flatten.py), on generated environments.
. "$(dirname "$0")/../support/lib.sh"

run /usr/bin/python3 "$ECS_TREE/tests/fake/environments.py" "$WORK/generated" 1000
is "$status" 0 'environments are generated'
run /usr/bin/python3 "$ECS_TREE/tests/fake/environments.py" --compare "$WORK/generated"
is "$status" 0 'ecs-env export gives the same as PyYAML for each of them'
diag "$out"
diag "$err"
finish
