# SPDX-License-Identifier: MIT
import os

bind = "0.0.0.0:8000"
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "ecs.worker.DrainingWorker"
threads = 4
# nginx opens a connection for each request
keepalive = 0
# The code is loaded before the port is opened: whoever gets a connection gets an answer.
preload_app = True
# requests under way are finished when the container is told to stop
graceful_timeout = 30
timeout = 120
# a heartbeat file on a disk can stall
worker_tmp_dir = "/dev/shm"
accesslog = None
# Only nginx reaches this port, and it overwrites what it says about the visitor.
forwarded_allow_ips = "*"
forwarder_headers = ""


def worker_exit(server, worker):
    # All is answered. To take the interpreter apart would take longer than the rest of the stop.
    os._exit(0)
