"""A receiver that checks X-Athens-Signature over the raw body, with nothing but Python's standard library."""

import hashlib
import hmac
import os

from serving import serve

secret = os.environ["WEBHOOK_SECRET"]


def verify(raw_body, headers):
    header = headers.get("x-athens-signature", "")
    expected = "sha256=" + hmac.new(secret.encode(), raw_body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, header)


def change(text):
    global secret
    secret = text


serve(verify, change)
