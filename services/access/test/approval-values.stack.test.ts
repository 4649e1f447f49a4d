import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import { RunningAccess } from '../../../test/e2e/running-access.ts';
import { RunningFlow } from '../../../test/e2e/running-flow.ts';
import { asked, placeOf, requestsOf } from '../../../test/e2e/second-person.ts';

// A policy may ask for a second person also where values come in: nobody but whoever sent them sees them.

const POLICY = `version: 1
datasets:
  people:
    revision: 1
    format: json
    subject: /ssn
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    required: [/ssn]
    fields:
      /ssn:  { type: string, mask: redact, encrypt: seal }
      /card: { type: string, mask: { fpe: { keepLast: 4 } }, equalityOracle: { accepted: a test }, encrypt: seal, survivesShred: true }
access:
  fourEyes: { actions: [seal, tokenise, subjects.read] }
  roles:
    program:
      meaning: Sends values.
      allow:
        - { actions: [seal, tokenise], datasets: [people], fields: ['*'], quota: { values: 100, per: day } }
        - { actions: [subjects.read], datasets: [people] }
    checker:
      meaning: Approves.
      allow:
        - { actions: [approvals.decide] }
`;
const PAM = { basic: 'pam:seventeen brown chairs stand' };
const QUY = { basic: 'quy:nineteen black tables wobble' };
const SSN = '900-11-4711';
const CARD = '4556737586899855';
const PEOPLE = '/v1/datasets/people';

let flow: RunningFlow;
let access: RunningAccess;

beforeAll(async () => {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': POLICY });
  access = await RunningAccess.start(flow, servers.redisUrl);
  await access.user('pam', PAM.basic.slice(4), 'program');
  await access.user('quy', QUY.basic.slice(4), 'checker');
});
afterAll(async () => {
  await access?.close();
  await flow?.close();
});

const { approve, call, events } = requestsOf(() => ({ access, flow }));

/** Every text that stands in Redis under the names of this flow. */
async function keptTexts(): Promise<string> {
  const redis = new Redis(inject('stack').redisUrl);
  try {
    const names = await redis.keys(`${flow.namePrefix}*approval*`);
    const texts = names.map((name) => redis.get(name).catch(() => ''));
    return [...names, ...(await Promise.all(texts))].join('\n');
  } finally {
    redis.disconnect();
  }
}

test.each([
  ['seal', { values: [{ path: '/card', value: CARD, subject: SSN }] }, 'token'],
  ['tokenise', { path: '/card', values: [{ value: CARD, subject: SSN }] }, 'masked'],
  ['subjects/index', { subject: SSN }, 'index'],
])(
  'whoever agrees to %s sees what it is for, and no value; none is kept',
  async (tail, body, given) => {
    const line = `POST ${PEOPLE}/${tail}`;
    const first = await call(PAM, line, body);
    expect(asked(first)).toEqual([403, 'APPROVAL_NEEDED']);
    const place = placeOf(first);
    const list = await call(QUY, 'GET /v1/approvals');
    const waiting = list.json['approvals'] as { id: string; details: { body: object } }[];
    const shown = waiting.find(({ id }) => id === place['approval']);
    expect(Object.keys(shown?.details.body ?? {})).not.toEqual([]);
    const kept = await keptTexts();
    expect(kept).toContain(place['digest']);
    const told = JSON.stringify(await events());
    for (const text of [list.text, kept, told])
      for (const value of [SSN, CARD]) expect(text).not.toContain(value);
    expect((await approve(QUY, place)).status).toBe(200);
    const headers = { 'x-sealstream-approval': place['approval'] ?? '' };
    const done = await call(PAM, line, body, headers);
    expect([done.status, done.text.includes(given)]).toEqual([200, true]);
  },
);
