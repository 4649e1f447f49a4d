import { type ErrorCode, ERRORS, SealstreamError } from '@sealstream/contracts';
import { expect, test } from 'vitest';

import { asOurs, exitCodeOf, tellFailure } from '../src/failure.ts';
import { Terminal } from '../src/terminal.ts';

const CANARY = 'canary-123-45-6789';

function told(error: unknown, json = false): string {
  let err = '';
  const stream = {
    write: (chunk: string | Uint8Array) => {
      err += String(chunk);
      return true;
    },
    once: () => undefined,
  };
  const terminal = new Terminal({
    stdin: process.stdin,
    stdout: stream,
    stderr: stream,
    env: {},
  });
  terminal.json = json;
  tellFailure(terminal, asOurs(error));
  return err;
}

test('every code ends in 1, 2 or 3: bad records and findings 1, what is away 3, the rest 2', () => {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  const byExit = Map.groupBy(codes, (code) => exitCodeOf(new SealstreamError(code)));
  expect(new Set(byExit.keys())).toEqual(new Set([1, 2, 3]));
  expect(byExit.get(1)).toContain('RECORD_INVALID_JSON');
  expect(byExit.get(1)).toContain('AUDIT_LOG_CORRUPT');
  expect(byExit.get(2)).toEqual(expect.arrayContaining(['USAGE', 'POLICY_INVALID', 'FILE_EXISTS']));
  expect(byExit.get(3)).toEqual(
    expect.arrayContaining(['KAFKA_UNREACHABLE', 'REDIS_UNREACHABLE', 'SERVER_MISSING']),
  );
});

test('an error is one line with code, place and mend', () => {
  const line = told(new SealstreamError('TOPIC_MISSING', { topic: 'raw.people' }));
  expect(line).toBe(
    'TOPIC_MISSING: A topic of the flow does not exist. (topic raw.people) ' +
      'Run `sealstream topics apply`.\n',
  );
});

test('with --json an error is one object with code, place and mend', () => {
  const line = told(new SealstreamError('TOPIC_MISSING', { topic: 'raw.people' }), true);
  expect(JSON.parse(line)).toEqual({
    error: 'TOPIC_MISSING',
    place: { topic: 'raw.people' },
    mend: 'Run `sealstream topics apply`.',
  });
});

test('with --json the mend is that of this very case, where more is known than for the code', () => {
  const error = new SealstreamError('USAGE', { option: '--to' }, 'Say where to.');
  expect(JSON.parse(told(error, true))).toMatchObject({ mend: 'Say where to.' });
});

test('a setting that does not hold sends to the settings of the command, unless more is known', () => {
  const mend = (error: SealstreamError) => (JSON.parse(told(error, true)) as { mend: string }).mend;
  const setting = { setting: 'SEALSTREAM_ACCESS_URL' };
  expect(mend(new SealstreamError('CONFIG_INVALID', setting))).toContain('sealstream --help');
  expect(mend(new SealstreamError('CONFIG_INVALID', setting, 'Name the port.'))).toBe(
    'Name the port.',
  );
});

test('the message of a foreign error never passes', () => {
  let foreign: unknown;
  try {
    JSON.parse(`{"ssn": ${CANARY}`);
  } catch (error) {
    foreign = error;
  }
  expect(String(foreign)).toContain('canary');
  expect(told(foreign)).toMatch(/^INTERNAL: .*SyntaxError/);
  expect(told(foreign)).not.toContain('canary');
  expect(told(CANARY)).not.toContain('canary');
  expect(told(Object.assign(new Error(CANARY), { name: CANARY }))).not.toContain('canary');
});

test('an error of the file system names the file and exits with 2', () => {
  const error = asOurs(
    Object.assign(new Error('ENOENT'), { code: 'ENOENT', path: 'people.csv', errno: -2 }),
  );
  expect(error).toMatchObject({ code: 'FILE_UNREADABLE', place: { file: 'people.csv' } });
  expect(exitCodeOf(error)).toBe(2);
});

test("a broker's refusal is told by its word and exits with 3", () => {
  const refusal = Object.assign(new Error(CANARY), { type: 'TOPIC_AUTHORIZATION_FAILED' });
  expect(told(refusal)).toContain('broker TOPIC_AUTHORIZATION_FAILED');
  expect(exitCodeOf(asOurs(refusal))).toBe(3);
});
