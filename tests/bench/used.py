#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs a command: prints its wall time and processor time in s and the most memory one process took in MB.

usage: used.py COMMAND…

What it waited for counts, its children's children too; not what a daemon did for it.
"""
import os
import resource
import subprocess
import sys
import time

began = time.perf_counter()
status = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode
wall = time.perf_counter() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%.1f\t%.1f\t%.0f" % (wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))
sys.exit(status)
