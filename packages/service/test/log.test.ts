import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type LogFields, SealstreamError } from '@sealstream/contracts';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { errorFields } from '../src/error-fields.ts';
import { logTo, openLog } from '../src/log.ts';

function logged(write: (log: ReturnType<typeof logTo>) => void): string {
  const lines: string[] = [];
  write(
    logTo(
      { service: 'mask', instance: 'm-1', level: 'debug' },
      { write: (line) => void lines.push(line) },
    ),
  );
  return lines.join('');
}

describe('a log line', () => {
  test('has the field names of the Elastic Common Schema', () => {
    const line = JSON.parse(logged((log) => log.warn({ topic: 't', offset: 12n }, 'hello')));
    expect(line).toMatchObject({
      'log.level': 'warn',
      'service.name': 'mask',
      'service.node.name': 'm-1',
      message: 'hello',
      'sealstream.topic': 't',
      'sealstream.offset': '12',
    });
    expect(Date.parse(line['@timestamp'])).toBeGreaterThan(0);
  });

  test('holds no value of a field that is not in the table', () => {
    const canary = 'canary-2718281828';
    fc.assert(
      fc.property(fc.string(), (name) => {
        const line = logged((log) => log.info({ [`${name}_`]: canary }, 'x'));
        expect(line).not.toContain(canary);
      }),
    );
    expect(logged((log) => log.info({ email: canary }, 'x'))).toContain('[redacted]');
    expect(logged((log) => log.info({ [canary]: 1 }, 'x'))).not.toContain(canary);
  });

  test('holds no object, even under a known name', () => {
    const fields = { topic: { deep: 'canary-2718281828' } } as unknown as LogFields;
    expect(logged((log) => log.info(fields, 'x'))).not.toContain('canary');
  });

  test('below the level is not written', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'log-')), 'mask.log');
    const log = await openLog({
      service: 'mask',
      instance: 'm',
      level: 'warn',
      file: { path: file, sizeBytes: 1024 * 1024, ageMs: 60_000, count: 2 },
    });
    log.info({}, 'quiet');
    log.error({}, 'loud');
    await log.close();
    const [name = ''] = readdirSync(join(file, '..'));
    const text = readFileSync(join(file, '..', name), 'utf8');
    expect(text).toContain('loud');
    expect(text).not.toContain('quiet');
  });
});

test('log files are rotated by size and limited in number', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'log-'));
  const log = await openLog({
    service: 'mask',
    instance: 'm',
    level: 'info',
    file: { path: join(dir, 'mask.log'), sizeBytes: 2048, ageMs: 60_000, count: 2 },
  });
  for (let line = 0; line < 100; line++) {
    log.info({ number: line }, 'a line of some length, so that files fill up soon enough');
    await new Promise((resolve) => setImmediate(resolve));
  }
  await log.close();
  const files = readdirSync(dir);
  expect(files.length).toBeGreaterThan(1);
  expect(files.length).toBeLessThanOrEqual(3);
  for (const file of files) expect(statSync(join(dir, file)).size).toBeLessThan(4096);
});

describe('errorFields', () => {
  test('gives code and place of an error of ours', () => {
    const error = new SealstreamError('TOPIC_MISSING', { topic: 'raw.people', partition: 3 });
    expect(errorFields(error)).toEqual({
      code: 'TOPIC_MISSING',
      place: 'topic raw.people, partition 3',
    });
  });

  test('never repeats the message of another error, which may quote input', () => {
    const parse = () => JSON.parse('{"ssn":"123-45-6789"');
    const error = caught(parse);
    expect(String(error.stack)).toContain('JSON');
    const fields = errorFields(error);
    expect(fields['errorType']).toBe('SyntaxError');
    expect(fields['stack']).toMatch(/^at /);
    expect(JSON.stringify(fields)).not.toContain('position');
  });

  test('drops a message that looks like a stack, lines and all', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{9,20}$/), (canary) => {
        const lines = [canary, `    at ${canary} (file:///${canary}:1:1)`, canary];
        const error = new Error(lines.join('\n'));
        expect(JSON.stringify(errorFields(error))).not.toContain(canary);
        error.message = 'changed later';
        expect(JSON.stringify(errorFields(error))).not.toContain(canary);
      }),
    );
  });

  test('keeps a system code and drops one that is free text', () => {
    expect(errorFields(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toMatchObject({
      code: 'ECONNREFUSED',
    });
    expect(errorFields(Object.assign(new Error('x'), { code: 'Alice Smith' })).code).toBe(
      undefined,
    );
    expect(errorFields('123-45-6789')).toEqual({ errorType: 'string' });
  });
});

function caught(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}
