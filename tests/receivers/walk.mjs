// A client of the REST API over Node's `fetch`: it creates a webhook for a receiver of its own and follows one event.
//
// PTW_API is where the routes begin, PTW_TOKEN may do everything. It prints a word for each step, and ends with
// another code than 0 where something is not as it should be.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const LIMIT = 20_000;
const api = process.env.PTW_API;
const authorization = `Bearer ${process.env.PTW_TOKEN}`;

setTimeout(() => {
  console.error('walk.mjs: gave up');
  process.exit(1);
}, 55_000).unref();

const arrived = [];
const receiver = http.createServer((req, res) => {
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => {
    arrived.push({ headers: req.headers, body: Buffer.concat(chunks) });
    res.writeHead(204).end();
  });
});
await new Promise((done) => receiver.listen(0, '127.0.0.1', done));

async function until(condition) {
  const deadline = Date.now() + LIMIT;
  for (;;) {
    const found = await condition();
    if (found) return found;
    assert.ok(Date.now() < deadline, 'waited in vain');
    await pause(10);
  }
}

async function receive(secret) {
  const { headers, body } = await until(() => arrived.shift());
  // What is left of the body once a parser has run before the check.
  const text = JSON.stringify(JSON.parse(body));
  const expected = 'sha256=' + crypto.createHmac('sha256', secret).update(text).digest('hex');
  assert.equal(headers['x-athens-signature'], expected);
  return { headers, body };
}

async function call(method, path, status, body) {
  const response = await fetch(new URL(path, api), {
    method,
    headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT),
  });
  const text = await response.text();
  assert.equal(response.status, status, text);
  return { response, json: text === '' ? null : JSON.parse(text) };
}

const { response, json: created } = await call('POST', 'webhooks/', 201, {
  name: 'Überwachung',
  url: `http://127.0.0.1:${receiver.address().port}/hooks`,
  secret: 'geheim-ü-1234',
  events: ['permit_approved'],
});
const webhook = new URL(response.headers.get('location'), response.url).href;
assert.equal((await call('GET', webhook, 200)).json.name, 'Überwachung');
// Without the slash it comes to the same place.
assert.equal((await call('GET', webhook.slice(0, -1), 200)).json.id, created.id);
console.log('created');

const event = { event: 'permit_approved', permit_id: 123, permit_number: 'PTW-2024-001', data: { by: 'José' } };
const { json: accepted } = await call('POST', 'events/', 202, event);
const { headers, body } = await receive(created.secret);
assert.equal(headers['webhook-id'], accepted.id);
assert.equal(headers['x-athens-event'], 'permit_approved');
assert.equal(headers['x-athens-delivery'], String(accepted.deliveries[0].id));
console.log('received');

async function delivered(attempts) {
  const { json: found } = await call('GET', `${webhook}deliveries/`, 200);
  assert.equal(found.length, 1);
  return found[0].status === 'success' && found[0].retry_count === attempts - 1 ? found[0] : null;
}

const delivery = await until(() => delivered(1));
assert.equal(delivery.response_code, 204);
assert.equal(delivery.event, 'permit_approved');
console.log('logged');

await call('POST', `deliveries/${delivery.id}/redeliver/`, 202);
const again = await receive(created.secret);
assert.deepEqual(again.body, body);
assert.equal(again.headers['webhook-id'], headers['webhook-id']);
await until(() => delivered(2));
console.log('received again');

assert.equal((await call('DELETE', webhook, 204)).json, null);
const gone = await call('GET', webhook, 404);
assert.deepEqual(gone.json, { detail: 'No WebhookEndpoint matches the given query.' });
assert.equal(arrived.length, 0);
console.log('deleted');
process.exit(0);
