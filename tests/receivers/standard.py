"""A receiver that leaves the check of webhook-signature to the `standardwebhooks` library of PyPI."""

import os

from serving import serve
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])


def verify(raw_body, headers):
    try:
        webhook.verify(raw_body, headers)
    # The library decodes the body before it checks it: a changed byte may be no UTF-8 any more.
    except (WebhookVerificationError, UnicodeDecodeError):
        return False
    return True


def change(text):
    global webhook
    webhook = Webhook(text)


serve(verify, change)
