#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""WebSockets (RFC 6455), as far as a trial of what is between both ends needs them.

usage: websocket.py serve PORT             echoes the first message of each client; who asks for none is told so
       websocket.py ask ADDRESS PORT WORD [UPGRADE]   over TLS, sends WORD and prints what comes back
"""
import base64
import hashlib
import os
import socket
import ssl
import sys

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def read_head(stream):
    lines = iter(stream.readline, b"\r\n")
    first = next(lines).decode().strip()
    return first, {k.strip().lower(): v.strip() for k, v in (line.decode().split(":", 1) for line in lines)}


def accept_of(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def read_text(stream):
    _, n = stream.read(2)
    mask = stream.read(4) if n & 0x80 else bytes(4)
    return bytes(b ^ mask[i % 4] for i, b in enumerate(stream.read(n & 0x7F))).decode()


def serve(port):
    with socket.create_server(("", port)) as server:
        while True:
            connection, _ = server.accept()
            with connection, connection.makefile("rwb", buffering=0) as stream:
                try:
                    _, headers = read_head(stream)
                    upgrade = headers.get("upgrade")
                    if upgrade != "websocket" or headers.get("connection") != "upgrade":
                        body = f"upgrade: {upgrade}".encode()
                        stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" %
                                     (len(body), body))
                        continue
                    stream.write(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 f"Sec-WebSocket-Accept: {accept_of(headers['sec-websocket-key'])}\r\n\r\n".encode())
                    text = read_text(stream).encode()
                    stream.write(bytes([0x81, len(text)]) + text)
                except (StopIteration, ValueError, OSError):
                    pass


def ask(address, port, word, upgrade="websocket"):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    key = base64.b64encode(os.urandom(16)).decode()
    with socket.create_connection((address, port), 20) as plain, \
            context.wrap_socket(plain, server_hostname="localhost") as tls, tls.makefile("rwb", buffering=0) as stream:
        stream.write(f"GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: {upgrade}\r\nConnection: Upgrade\r\n"
                     f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        first, headers = read_head(stream)
        if " 101 " not in first:
            return f"{first}: {stream.read(int(headers.get('content-length', 0))).decode()}"
        if headers["sec-websocket-accept"] != accept_of(key):
            return "another's answer"
        text = word.encode()
        stream.write(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)
        return read_text(stream)


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
print(ask(sys.argv[2], int(sys.argv[3]), *sys.argv[4:]))
