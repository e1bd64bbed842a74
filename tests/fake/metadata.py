#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The metadata services of the clouds, on a port of 127.0.0.1 that the kernel picks.

usage: metadata.py DIR

DIR/port gets the port once it listens, DIR/log one line a request: METHOD PATH [what of the headers matters].
DIR/MODE is read at each request, and says which service this is:
    ec2 ec2-v1-404 ec2-v1-405 ec2-v1-501 ec2-403 gce gce-base64 gce-bad64 gce-plain gce-unknown hetzner
    digitalocean huge empty error redirect slow
DIR/user-data is what they hand out.
"""
import http.server
import os
import sys
import time

folder = sys.argv[1]
TOKEN = "AQAEAsecrettoken=="
GCE = "/computeMetadata/v1/instance/attributes/user-data"


def read(name):
    with open(os.path.join(folder, name), "rb") as f:
        return f.read()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, mode):
        seen = [n for n in ("X-aws-ec2-metadata-token", "X-aws-ec2-metadata-token-ttl-seconds", "Metadata-Flavor")
                if n in self.headers]
        with open(os.path.join(folder, "log"), "a", encoding="utf-8") as f:
            print(mode, self.command, self.path, *seen, file=f)

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def start(self):
        mode = read("mode").decode().strip()
        self.note(mode)
        if mode == "slow":
            time.sleep(20)
        return mode

    def do_PUT(self):
        mode = self.start()
        if not mode.startswith("ec2") or self.path != "/latest/api/token":
            self.answer(403)
        elif mode.startswith("ec2-v1-"):
            self.answer(int(mode[-3:]))
        elif mode == "ec2-403":
            self.answer(403)
        elif self.headers.get("Content-Length", "0") != "0" or "X-aws-ec2-metadata-token-ttl-seconds" not in self.headers:
            self.answer(400)
        else:
            self.answer(200, TOKEN.encode())

    def do_GET(self):
        mode = self.start()
        if mode.startswith("ec2"):
            self.ec2(mode)
        elif mode.startswith("gce"):
            self.gce(mode)
        elif mode in ("hetzner", "huge", "empty", "error", "redirect"):
            self.hetzner(mode)
        elif mode == "digitalocean" and self.path == "/metadata/v1/user-data":
            self.answer(200, read("user-data"))
        else:
            self.answer(404)

    def ec2(self, mode):
        token = self.headers.get("X-aws-ec2-metadata-token")
        if self.path != "/latest/user-data":
            self.answer(404)
        elif token == TOKEN or (token is None and mode.startswith("ec2-v1-")):
            self.answer(200, read("user-data"))
        else:
            self.answer(401)

    def gce(self, mode):
        if self.headers.get("Metadata-Flavor") != "Google":
            self.answer(403, Metadata_Flavor="Google")
        elif self.path == GCE and mode == "gce-plain":
            self.answer(200, read("user-data"))  # no header: someone else answers
        elif self.path == GCE:
            self.answer(200, read("user-data"), Metadata_Flavor="Google")
        elif self.path == GCE + "-encoding" and mode in ("gce-base64", "gce-bad64"):
            self.answer(200, b"base64\n", Metadata_Flavor="Google")
        elif self.path == GCE + "-encoding" and mode == "gce-unknown":
            self.answer(200, b"rot13", Metadata_Flavor="Google")
        else:
            self.answer(404, Metadata_Flavor="Google")

    def hetzner(self, mode):
        if self.path != "/hetzner/v1/userdata":
            self.answer(404)
        elif mode == "hetzner":
            self.answer(200, read("user-data"))
        elif mode == "huge":
            self.answer(200, b"#cloud-config\n" + b"#" * (2 << 20))
        elif mode == "empty":
            self.answer(200)
        elif mode == "redirect":
            self.answer(302, Location="/metadata/v1/user-data")
        else:
            self.answer(500)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args):  # who asked did not wait for the answer
        pass


server = Server(("127.0.0.1", 0), Handler)
with open(os.path.join(folder, "port.new"), "w", encoding="utf-8") as out:
    print(server.server_address[1], file=out)
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
