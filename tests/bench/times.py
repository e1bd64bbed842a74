#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs a command N times: prints the least processor time and the least wall time, in ms.

usage: times.py N COMMAND…

The process is started by posix_spawn and its output goes to /dev/null, so that little of this is in the figures; the least is what other work on the machine disturbed least.
"""
import os
import shutil
import sys
import time

count, argv = int(sys.argv[1]), sys.argv[2:]
path = shutil.which(argv[0])
null = os.open("/dev/null", os.O_WRONLY)
busy, wall = [], []
for _ in range(count):
    began = time.perf_counter()
    pid = os.posix_spawn(path, argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null, 1)])
    _, status, used = os.wait4(pid, 0)
    wall.append((time.perf_counter() - began) * 1000)
    busy.append((used.ru_utime + used.ru_stime) * 1000)
    if status:
        sys.exit("%s failed" % argv[0])
print("%.3f %.3f" % (min(busy), min(wall)))
