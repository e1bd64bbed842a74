#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks URL without pause until standard input ends, half of the clients over kept connections, half over new ones.

usage: load.py URL [CLIENTS]
Prints one line: requests, those that failed (no answer, or no 2xx), the longest time in ms between two good answers
of one client, and what the first failures were.
"""
import http.client
import ssl
import sys
import threading
import time
import urllib.parse

url = urllib.parse.urlsplit(sys.argv[1])
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 4
trust = ssl.create_default_context()
trust.check_hostname = False
trust.verify_mode = ssl.CERT_NONE
over = threading.Event()
results = []


def client(keep):
    count = failed = 0
    gap, last, seen = 0.0, time.monotonic(), []
    connection = None
    while not over.is_set():
        try:
            if connection is None:
                connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=30, context=trust)
            connection.request("GET", url.path)
            answer = connection.getresponse()
            answer.read()
            good = 200 <= answer.status < 300
            why = str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            good, why, connection = False, type(error).__name__, None
        now = time.monotonic()
        count += 1
        if good:
            gap, last = max(gap, now - last), now
        else:
            failed += 1
            seen.append(why)
            time.sleep(0.01)
        if connection and not keep:
            connection.close()
            connection = None
    gap = max(gap, time.monotonic() - last)
    results.append((count, failed, gap, seen[:3]))


threads = [threading.Thread(target=client, args=(i % 2 == 0,)) for i in range(clients)]
for thread in threads:
    thread.start()
sys.stdin.read()
over.set()
for thread in threads:
    thread.join()
print(sum(r[0] for r in results), sum(r[1] for r in results), round(1000 * max(r[2] for r in results)),
      *sorted({why for r in results for why in r[3]}))
