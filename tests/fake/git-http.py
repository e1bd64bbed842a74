#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Serves a bare git repository over HTTP to whoever gives the password.

usage: git-http.py DIR USER:PASSWORD        prints its port; runs until it is killed
"""
import base64
import functools
import http.server
import sys

folder, account = sys.argv[1:3]
wanted = "Basic " + base64.b64encode(account.encode()).decode()


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.headers.get("Authorization") == wanted:
            return super().do_GET()
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
print(server.server_port, flush=True)
server.serve_forever()
