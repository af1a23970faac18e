"""Everything that a bridge may call: world.py ADDRESS CERTIFICATE NOTES.

On ADDRESS, port 443, whatever is asked is answered with 200 and {}. On port 3128 a proxy leads there, by CONNECT, for the
names of the certificate alone. A line of NOTES, JSON, for each call and each CONNECT.
"""

import http.server
import json
import select
import socket
import ssl
import sys
import threading

NAMES = ("chat.example.com", "desk.example.com")

address, certificate, notes = sys.argv[1:]
lock = threading.Lock()


def note(**what):
    with lock, open(notes, "a") as file:
        print(json.dumps(what), file=file)


class World(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        note(called=self.headers["Host"], path=self.path, body=body)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = do_PATCH = answer

    def log_message(self, *_):
        pass


class Proxy(http.server.BaseHTTPRequestHandler):
    def do_CONNECT(self):
        note(connected=self.path)
        if self.path not in [f"{name}:443" for name in NAMES]:
            self.send_error(403)
            return
        with socket.create_connection((address, 443)) as there:
            self.send_response(200)
            self.end_headers()
            carry(self.connection, there)

    def log_message(self, *_):
        pass


def carry(one, other):
    """What either says goes to the other until one of them is done."""
    while True:
        for ready in select.select([one, other], [], [])[0]:
            said = ready.recv(65536)
            if not said:
                return
            (other if ready is one else one).sendall(said)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate)
world = http.server.ThreadingHTTPServer((address, 443), World)
world.socket = context.wrap_socket(world.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=world.serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer((address, 3128), Proxy).serve_forever()
