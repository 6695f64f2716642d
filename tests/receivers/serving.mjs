// What the Node.js receivers share: HTTP, the count, and the request that has to be refused.
//
// A receiver answers 204 to a request that its verifier accepts, if the verifier refuses the same request with
// one byte of the body changed; otherwise 401 with the reason. It prints its port, and ends with its standard
// input, so that it never outlives the test that started it. `PUT /` with a body changes its secret to that.

import crypto from 'node:crypto';
import http from 'node:http';

const bodies = new Set();
const accepted = new Set();
const reasons = [];
let requests = 0;

/** The body with one bit changed, in another place from turn to turn. */
export function tampered(raw, turn, from = 0, length = raw.length) {
  const changed = Buffer.from(raw);
  changed[from + ((turn * 7919) % length)] ^= 1;
  return changed;
}

/** Serves with `verify(raw, headers)` and `change(secret)`; `tamper` changes a body, and `check(raw)` may name a further fault. */
export function serve({ verify, change, tamper = tampered, check = () => null }) {
  const judge = (raw, headers, turn) => {
    if (raw.length === 0 || !verify(raw, headers)) return 'the signature was not accepted';
    if (verify(tamper(raw, turn), headers)) return 'a body with one byte changed was accepted';
    return check(raw);
  };
  const server = http.createServer((req, res) => {
    if (req.method === 'GET') {
      res.end(JSON.stringify({ requests, bodies: bodies.size, accepted: accepted.size, reasons: reasons.slice(0, 3) }));
      return;
    }
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => {
      const raw = Buffer.concat(chunks);
      if (req.method === 'PUT') {
        change(raw.toString());
        res.writeHead(204).end();
        return;
      }
      requests += 1;
      const digest = crypto.createHash('sha256').update(raw).digest('hex');
      bodies.add(digest);
      const reason = judge(raw, req.headers, requests);
      if (reason === null) accepted.add(digest);
      else reasons.push(`${reason}: ${raw}`);
      res.writeHead(reason === null ? 204 : 401).end(reason ?? undefined);
    });
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
  process.stdin.resume().on('end', () => process.exit(0));
}
