import { describe, expect } from 'vitest';
import { contrast } from './contrast.ts';
import type { Decoded, Encoded, FaultClient, PlainRecord } from './fault-client.ts';

type Headers = PlainRecord['headers'];

const bytes = (text: string) => Buffer.from(text);

/** The headers of a record after it was encoded by the client and read by the client again. */
async function throughBatch(client: FaultClient, headers: Headers): Promise<Encoded | Decoded> {
  const record = { key: null, value: bytes('v'), headers, timestamp: 1 };
  const producer = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };
  const [encoded] = await client.encode([{ records: [record], ...producer }]);
  if (!Buffer.isBuffer(encoded)) return encoded;
  const [decoded] = await client.decode([encoded]);
  return decoded;
}

const headersOf = (outcome: Encoded | Decoded): Headers =>
  Array.isArray(outcome) ? (outcome as readonly PlainRecord[])[0].headers : [];

function keeps(
  title: string,
  headers: Headers,
  found: (after: Headers) => unknown,
  wrong: unknown,
) {
  return { title, headers, found, wrong };
}

const names = (headers: Headers) => headers.map(([name]) => name);

describe.each([
  keeps(
    'whose names look like numbers',
    [
      ['b', bytes('1')],
      ['2', bytes('2')],
      ['1', bytes('3')],
    ],
    names,
    ['1', '2', 'b'],
  ),
  keeps(
    'of which some repeat',
    [
      ['a', bytes('1')],
      ['b', bytes('2')],
      ['a', bytes('3')],
    ],
    names,
    ['a', 'a', 'b'],
  ),
  keeps('without a value', [['a', null]], names, []),
  keeps(
    'with the name of something that every object has',
    [['constructor', bytes('1')]],
    (after) => after.map(([, value]) => value?.toString()),
    ['not bytes but function', '1'],
  ),
])('headers $title', ({ headers, found, wrong }) => {
  contrast({
    scenario: (client) => throughBatch(client, headers),
    stock: 'does not give back as they were',
    shows: (outcome) => expect(found(headersOf(outcome))).toEqual(wrong),
    bus: 'gives back in order, each with its bytes',
    holds: (outcome) => expect(headersOf(outcome)).toEqual(headers),
  });
});
