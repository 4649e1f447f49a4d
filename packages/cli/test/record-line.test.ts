import { SOURCE_HEADER } from '@sealstream/contracts';
import { encodeSourceMark } from '@sealstream/flow';
import { expect, test } from 'vitest';

import { recordLine } from '../src/record-line.ts';

const bare = { headers: [], offset: 7n, timestamp: 1_700_000_000_000n };

function lineOf(value: Buffer | string | null, key: Buffer | string | null = null): string {
  const bytes = (part: Buffer | string | null) =>
    typeof part === 'string' ? Buffer.from(part) : part;
  return recordLine(2, bare, { key: bytes(key), value: bytes(value) });
}

test('a JSON value stands as it came, so that number text survives, on one line', () => {
  const line = lineOf('{ "amount": 12.30,\r\n "id": 9007199254740993 }');
  expect(line).toBe(
    '{"partition":2,"offset":"7","timestamp":"2023-11-14T22:13:20.000Z","key":null,' +
      '"value":{ "amount": 12.30,   "id": 9007199254740993 }}',
  );
  expect(line).not.toContain('\n');
});

test('other text is a string, other bytes are base64, and a tombstone is null', () => {
  expect(JSON.parse(lineOf('a "b"\n', 'k'))).toMatchObject({ key: 'k', value: 'a "b"\n' });
  expect(JSON.parse(lineOf(Buffer.from([0xff, 0x00])))).toMatchObject({
    value: { base64: '/wA=' },
  });
  expect(JSON.parse(lineOf(null))).toMatchObject({ value: null });
});

test('a record of the flow shows its source coordinate, a replayed one its attempt and branch', () => {
  const mark = {
    policyId: Buffer.alloc(8),
    incarnation: Buffer.from('a1b2c3d4', 'hex'),
    partition: 3,
    offset: 1234n,
    attempt: 2,
    branch: 'mask',
  } as const;
  const headers = [
    [SOURCE_HEADER, encodeSourceMark(mark)],
    ['traceparent', Buffer.from('00-x')],
  ] as const;
  const line = recordLine(3, { ...bare, headers }, { key: null, value: null });
  expect(JSON.parse(line)).toMatchObject({
    source: 'a1b2c3d4/3/1234',
    attempt: 2,
    branch: 'mask',
    headers: [['traceparent', '00-x']],
  });
});

test('a header of ours with bytes of others, and a record without a time, do no harm', () => {
  const headers = [[SOURCE_HEADER, Buffer.from('nonsense')]] as const;
  const line = recordLine(0, { headers, offset: 0n, timestamp: -1n }, { key: null, value: null });
  expect(JSON.parse(line)).toEqual({
    partition: 0,
    offset: '0',
    timestamp: '',
    key: null,
    value: null,
  });
});
