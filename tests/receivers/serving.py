"""What the Python receivers share: HTTP, the count, and the request that has to be refused.

A receiver answers 204 to a request that its verifier accepts, if the verifier refuses the same request with
one byte of the body changed; otherwise 401 with the reason. It prints its port, and ends with its standard
input, so that it never outlives the test that started it. `PUT /` with a body changes its secret to that.
"""

import hashlib
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_lock = threading.Lock()
_requests = 0
_bodies = set()
_accepted = set()
_reasons = []


def tampered(raw, turn):
    """The body with one bit changed, in another place from turn to turn."""
    at = turn * 7919 % len(raw)
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    verify = None
    change = None

    def do_POST(self):
        global _requests
        raw_body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = dict(self.headers.items())
        with _lock:
            _requests += 1
            turn = _requests
            _bodies.add(hashlib.sha256(raw_body).digest())
        reason = self.judge(raw_body, headers, turn)
        if reason is None:
            with _lock:
                _accepted.add(hashlib.sha256(raw_body).digest())
            self.answer(204, b"")
        else:
            with _lock:
                _reasons.append(f"{reason}: {raw_body!r}")
            self.answer(401, reason.encode())

    def judge(self, raw_body, headers, turn):
        if not raw_body or not self.verify(raw_body, headers):
            return "the signature was not accepted"
        if self.verify(tampered(raw_body, turn), headers):
            return "a body with one byte changed was accepted"
        return None

    def do_PUT(self):
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with _lock:
            self.change(text)
        self.answer(204, b"")

    def do_GET(self):
        with _lock:
            count = {"requests": _requests, "bodies": len(_bodies), "accepted": len(_accepted), "reasons": _reasons[:3]}
        self.answer(200, json.dumps(count).encode())

    def answer(self, status, body):
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


def serve(verify, change):
    """Serves with `verify(raw_body, headers) -> bool` and `change(secret)` until standard input ends."""
    _Handler.verify = staticmethod(verify)
    _Handler.change = staticmethod(change)
    server = _Server(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    os._exit(0)
