"""A desk and a bot platform that note what they are told, on loopback."""

import http.server
import json
import pathlib
import ssl
import subprocess
import threading


class Stub:
    """Answers every POST with 200 and {}."""

    def __init__(self, certificate=None):
        self.calls = []
        self.arrived = threading.Condition()
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")
                with stub.arrived:
                    stub.calls.append((self.path, json.loads(body or b"null")))
                    stub.arrived.notify_all()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.chain, certificate.key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait_for(self, wanted, seconds=10):
        """The first call that is wanted, once it is there."""
        with self.arrived:
            found = self.arrived.wait_for(lambda: next(filter(wanted, self.calls), None), seconds)
        if not found:
            raise AssertionError(f"not among the {len(self.calls)} calls that arrived")
        return found

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Certificate:
    """A certificate for localhost and the authority that issued it, both made for this run."""

    def __init__(self, directory):
        directory = pathlib.Path(directory)
        self.authority = directory / "authority.pem"
        self.chain = directory / "localhost.pem"
        self.key = directory / "localhost.key"
        request = directory / "localhost.csr"
        extensions = directory / "localhost.ext"
        extensions.write_text("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n")
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        authority_key = directory / "authority.key"
        _openssl("req", "-x509", *new_key, "-keyout", authority_key, "-out", self.authority,
                 "-days", "2", "-subj", "/CN=Smoke test authority")
        _openssl("req", *new_key, "-keyout", self.key, "-out", request, "-subj", "/CN=localhost")
        _openssl("x509", "-req", "-in", request, "-CA", self.authority, "-CAkey", authority_key,
                 "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", self.chain)


def _openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)
