// The Standard Webhooks library of npm verifies deliveries, used as signing_note says.
// This test needs no browser.
import { after, before, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { assert, matched, startPostern, startReceiver } from './harness.mjs';

let postern, receiver;
before(async () => {
  postern = await startPostern();
  receiver = await startReceiver();
});
after(async () => {
  receiver?.end();
  await postern?.end();
});

async function call(method, path, body, status = 200) {
  const response = await fetch(`${postern.url}/api/v1/events/webhooks${path}`, { method, body: body && JSON.stringify(body) });
  assert.equal(response.status, status, await response.clone().text());
  return response.json();
}

/** The library, used as signing_key and signing_note say. */
function library(secret, key) {
  return key === 'raw' ? new Webhook(new TextEncoder().encode(secret), { format: 'raw' }) : new Webhook(secret);
}

/** Delivers an event to a webhook alone and returns what arrived. */
async function deliver(id) {
  const before = receiver.got.length;
  await call('POST', `/${id}/test`, {});
  await receiver.wait(before + 1);
  return receiver.got.at(-1);
}

function verifies(webhook, { headers, body }) {
  try {
    webhook.verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

const bytes = (n) => Buffer.from(Array.from({ length: n }, (_, i) => (i * 37 + 11) % 256)).toString('base64');

test('Secrets: accepted ones verify in the library as signing_note says', async () => {
  const secrets = {
    whsec_your_signing_secret: 'raw',
    [`whsec_${bytes(24)}`]: 'base64',
    [`whsec_${bytes(32)}`]: 'base64',
    [`whsec_${bytes(64)}`]: 'base64',
    [bytes(32)]: 'base64', // as openssl rand -base64 32 makes it
    '0123456789abcdef0123456789abcdef': 'base64', // and openssl rand -hex 16
    password: 'raw',
    'a text of my own': 'raw',
    'Schlüssel €😀': 'raw',
    [bytes(100)]: 'raw',
  };
  for (const [secret, key] of Object.entries(secrets)) {
    const hook = await call('POST', '', { url: receiver.url, event_types: ['system_error'], secret });
    assert.equal(hook.signing_key, key, secret);
    if (key === 'raw') assert.match(hook.signing_note, /new Webhook\(new TextEncoder\(\)\.encode\(secret\), \{format: "raw"\}\)/);
    const delivery = await deliver(hook.id);
    assert.ok(verifies(library(secret, key), delivery), secret);
    assert.ok(!verifies(library(`${secret}x`, 'raw'), delivery), secret);
    await call('DELETE', `/${hook.id}`);
  }
});

test('Secrets: those that the library can’t use are refused', async () => {
  for (const secret of [
    'whsec_AA==', '        ', 'whsec_', 'whsec_test', `whsec_${bytes(32)} `, `whsec_${bytes(32)}\n`, ` whsec_${bytes(32)}`, `whsec_${bytes(32).replace(/=+$/, '')}`,
    `whsec_${bytes(23)}`, `whsec_${bytes(65)}`, `whsec_${bytes(40).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')}`, `whpk_${bytes(32)}`, `WHSEC_${bytes(32)}`,
  ]) {
    const problem = await call('POST', '', { url: receiver.url, event_types: ['*'], secret }, 400);
    assert.equal(problem.errors[0].field, 'secret', secret);
  }
});

test('Secrets: each verifies in the library until its own end', async () => {
  const made = await call('POST', '', { url: receiver.url, event_types: ['system_error'], generate_secret: true });
  const secrets = [made.secret];
  for (let i = 0; i < 3; i++) secrets.push((await call('POST', `/${made.id}/rotate`, { overlap_hours: 1 + i })).secret);
  let delivery = await deliver(made.id);
  for (const secret of secrets) assert.ok(verifies(new Webhook(secret), delivery));
  await call('POST', `/${made.id}/end-overlap`);
  delivery = await deliver(made.id);
  assert.deepEqual(secrets.map((secret) => verifies(new Webhook(secret), delivery)), [false, false, false, true]);
});

test('Receiver: the documented one for Node accepts deliveries', async () => {
  const { secret } = await call('POST', '', { url: receiver.url, event_types: ['*'], generate_secret: true });
  const before = receiver.got.length;
  await postern.post([matched('Zoë 😀'), matched('two')]);
  await receiver.wait(before + 2);
  for (const delivery of receiver.got.slice(before)) assert.ok(verifies(new Webhook(secret), delivery));
});
