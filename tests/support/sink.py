"""A mail server that takes everything: sink.py PORT FILE; each message is added to FILE."""
# SPDX-License-Identifier: MIT
import socketserver
import sys


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 sink\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                with open(sys.argv[2], "ab") as file:
                    for text in self.rfile:
                        if text == b".\r\n":
                            break
                        file.write(text)
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 sink\r\n")
            if word == b"QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()
