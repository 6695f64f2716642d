"""A client of the REST API over `requests`: it creates a webhook for a receiver of its own and follows one event.

PTW_API is where the routes begin, PTW_TOKEN may do everything. It prints a word for each step, and ends with
another code than 0 where something is not as it should be.
"""

import hashlib
import hmac
import os
import queue
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

LIMIT = 20
arrived = queue.Queue()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        arrived.put((dict(self.headers.items()), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def give_up():
    print("walk.py: gave up", file=sys.stderr, flush=True)
    os._exit(1)


def receive(secret):
    headers, body = arrived.get(timeout=LIMIT)
    headers = {name.lower(): value for name, value in headers.items()}
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(headers["x-athens-signature"], expected), "the signature is wrong"
    return headers, body


def until(condition):
    deadline = time.monotonic() + LIMIT
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return found


def check(response, status):
    assert response.status_code == status, f"{response.status_code}, not {status}: {response.text}"
    return response.json() if response.content else None


watchdog = threading.Timer(55, give_up)
watchdog.daemon = True
watchdog.start()

receiver = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=receiver.serve_forever, daemon=True).start()

api = os.environ["PTW_API"]
session = requests.Session()
session.trust_env = False
session.headers["Authorization"] = "Token " + os.environ["PTW_TOKEN"]

response = session.post(
    api + "webhooks/",
    json={
        "name": "Überwachung",
        "url": f"http://127.0.0.1:{receiver.server_port}/hooks",
        "secret": "geheim-ü-1234",
        "events": ["permit_approved"],
    },
    timeout=LIMIT,
)
created = check(response, 201)
webhook = requests.compat.urljoin(response.url, response.headers["Location"])
assert check(session.get(webhook, timeout=LIMIT), 200)["name"] == "Überwachung"
# Without the slash it comes to the same place.
assert check(session.get(webhook.rstrip("/"), timeout=LIMIT), 200)["id"] == created["id"]
print("created")

event = {"event": "permit_approved", "permit_id": 123, "permit_number": "PTW-2024-001", "data": {"by": "José"}}
accepted = check(session.post(api + "events/", json=event, timeout=LIMIT), 202)
headers, body = receive(created["secret"])
assert headers["webhook-id"] == accepted["id"]
assert headers["x-athens-event"] == "permit_approved"
assert headers["x-athens-delivery"] == str(accepted["deliveries"][0]["id"])
print("received")


def delivered(attempts):
    found = check(session.get(webhook + "deliveries/", timeout=LIMIT), 200)
    assert len(found) == 1
    done = found[0]["status"] == "success" and found[0]["retry_count"] == attempts - 1
    return found[0] if done else None


delivery = until(lambda: delivered(1))
assert delivery["response_code"] == 204 and delivery["event"] == "permit_approved"
print("logged")

check(session.post(f"{api}deliveries/{delivery['id']}/redeliver/", timeout=LIMIT), 202)
again, same = receive(created["secret"])
assert same == body and again["webhook-id"] == headers["webhook-id"]
until(lambda: delivered(2))
print("received again")

assert check(session.delete(webhook, timeout=LIMIT), 204) is None
gone = check(session.get(webhook, timeout=LIMIT), 404)
assert gone == {"detail": "No WebhookEndpoint matches the given query."}, gone
assert arrived.empty()
print("deleted")
