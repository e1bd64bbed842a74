#!/bin/bash
# SPDX-License-Identifier: MIT
# ecs-snapshot on thin LVM, in the guest, as a ratio to bare lvcreate -s in the same run (make bench). A guest that is
# emulated tells ratios, not times.
set -euo pipefail
tree=$(cd "$(dirname "$0")/../.." && pwd)
"$tree/scripts/vm" run "$tree/tests/vm/bench-snapshot.t"
