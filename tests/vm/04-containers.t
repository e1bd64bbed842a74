#!/bin/bash
# SPDX-License-Identifier: MIT
# vm: from docker
# The ground of scenarios with containers: they start on a machine where Docker runs already, with images.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

is "$(systemctl is-active docker)" active 'Docker runs'
began=${EPOCHREALTIME/./}
run docker run --rm --network none busybox /usr/bin/busybox echo inside
diag "docker run took $(((${EPOCHREALTIME/./} - began) / 1000)) ms"
is "$out" inside 'a container of a saved image runs'
finish
