import { SOURCE_HEADER, SUBJECT_HEADER } from '@sealstream/contracts';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { RunningAccess } from './running-access.ts';
import { RunningFlow, until } from './running-flow.ts';

// Tokens that cannot be moved to another record or person: a reveal takes the headers of their own.
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
      /iban: { type: string, mask: redact, encrypt: { seal: { bind: [record-id, subject] } } }
access:
  purposes:
    care: { meaning: A customer asks., reference: none }
  roles:
    helper:
      meaning: Helps customers.
      allow: [{ actions: [reveal], datasets: [people], fields: ['*'], purposes: [care] }]
`;
const PASSWORD = 'seventeen brown chairs stand';
const IBANS = ['DE02120300000000202051', 'DE02500105170137075030'] as const;

/** A token, and the headers of its record. */
interface Bound {
  readonly token: string;
  readonly source: string;
  readonly subject: string;
}

let flow: RunningFlow;
let access: RunningAccess;
let one: Bound;
let other: Bound;

beforeAll(async () => {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': POLICY });
  for (const name of ['ingest', 'encrypt'] as const) await flow.start(name);
  access = await RunningAccess.start(flow, servers.redisUrl);
  await access.user('ann', PASSWORD, 'helper');
  const { encrypted, raw } = flow.dataset.topics;
  const records = IBANS.map((iban, n) => ({
    key: null,
    value: Buffer.from(JSON.stringify({ ssn: `900-11-471${n}`, iban })),
  }));
  await flow.bus.append(raw, 0, records);
  await until(async () => (await flow.readAll(encrypted)).length === 2);
  const [first, second] = (await flow.readAll(encrypted)).map(({ headers, value }): Bound => {
    const of = (name: string) =>
      headers.find(([header]) => header === name)?.[1]?.toString('base64') ?? '';
    const { iban } = JSON.parse(String(value)) as { iban: string };
    return { token: iban, source: of(SOURCE_HEADER), subject: of(SUBJECT_HEADER) };
  });
  if (first === undefined || second === undefined) throw new Error('two records were sent');
  [one, other] = [first, second];
}, 120_000);
afterAll(async () => {
  await access?.close();
  await flow?.close();
});

async function revealed(...values: object[]): Promise<unknown> {
  const body = { purpose: 'care', values: values.map((value) => ({ path: '/iban', ...value })) };
  const credentials = { basic: `ann:${PASSWORD}` };
  const { json } = await access.ask('POST', '/v1/datasets/people/reveal', credentials, body);
  return json['values'] ?? json['code'];
}

test('a token that is bound to its record and person is revealed with the headers of that record', async () => {
  expect(await revealed(one, other)).toEqual(IBANS.map((value) => ({ type: 'string', value })));
});

test('with those of another, or without them, it is not', async () => {
  const { token } = one;
  const moved = [
    { ...one, source: other.source },
    { ...one, subject: other.subject },
    { ...other, token },
    { token },
  ];
  const codes = ((await revealed(...moved)) as { code: string }[]).map(({ code }) => code);
  expect(codes).toHaveLength(moved.length);
  expect(codes).toEqual(moved.map(() => 'RECORD_NOT_AUTHENTIC'));
});

test('headers of no length that records have are refused before anything is opened', async () => {
  expect(await revealed({ ...one, source: one.subject })).toBe('REQUEST_INVALID');
  expect(await revealed({ ...one, subject: one.source })).toBe('REQUEST_INVALID');
});
