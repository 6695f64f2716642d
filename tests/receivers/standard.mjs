// A receiver that leaves the check of webhook-signature to the `standardwebhooks` library of npm.

import { createRequire } from 'node:module';
import { serve } from './serving.mjs';

// An import would look for node_modules beside this file, and install.sh keeps the source tree clean.
const require = createRequire(new URL('../../target/receivers/', import.meta.url));
const { Webhook, WebhookVerificationError } = require('standardwebhooks');

let webhook = new Webhook(process.env.WEBHOOK_SECRET);

function verify(raw, headers) {
  try {
    webhook.verify(raw, headers);
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

function change(text) {
  webhook = new Webhook(text);
}

serve({ verify, change });
