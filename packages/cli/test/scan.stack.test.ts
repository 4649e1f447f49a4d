import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bus, openBus } from '@sealstream/bus';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import { emptyDir } from './built-cli.ts';
import { ran } from './surroundings.ts';
import { eventsOfCli } from './topic-values.ts';

const stack = inject('stack');
const D = `scan-${randomBytes(4).toString('hex')}`;
const env = { KAFKA_BROKERS: stack.kafkaBrokers, REDIS_URL: stack.redisUrl };
const quiet = () => undefined;
let bus: Bus;

beforeAll(async () => {
  bus = await openBus({
    brokers: stack.kafkaBrokers.split(','),
    clientId: 'test',
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
});
afterAll(() => bus.stop());

test('scan of a raw topic finds what is in it, shows no value, and is on the audit log first', async () => {
  const dir = emptyDir();
  const policy = join(dir, 'sealstream.yaml');
  writeFileSync(
    policy,
    `version: 1\ndatasets:\n  ${D}:\n    revision: 1\n    fields:\n      /ssn: { type: string }\n` +
      '      /note: { type: string, mask: keep }\n',
  );
  const ours = ['--policy', policy];
  // 1 says that topics which all datasets share were made by other tests, with other partitions.
  expect([0, 1]).toContain((await ran(['topics', 'apply', ...ours], { env })).exit);
  const stdin = Array.from(
    { length: 30 },
    (_, n) => `{"ssn":"219-09-99${10 + n}","note":"ann${n}@mail.example.com","contact":"${n}"}\n`,
  ).join('');
  const sent = await ran(['ingest', '--dataset', D, ...ours], { env, stdin });
  expect(sent).toMatchObject({ exit: 0 });

  const scan = ['scan', '--topic', `raw.${D}`, '--max', '20'];
  const { exit, out } = await ran([...scan, ...ours, '--json'], { env });
  const rows = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(exit).toBe(1);
  expect(rows).toMatchObject([
    { path: '/ssn', values: 20, classes: [{ class: 'ssn' }], mask: 'redact' },
    { path: '/note', finding: 'kept on masked' },
    { path: '/contact', isPersonal: false },
    { records: 20 },
  ]);
  expect(out).not.toMatch(/219-09|mail\.example/);
  const reads = (await eventsOfCli(bus)).filter(
    ({ dataset, type }) => dataset === D && type === 'read',
  );
  expect(reads.at(-1)).toMatchObject({ details: { topic: `raw.${D}`, role: 'raw', most: 20 } });

  const draft = join(dir, 'draft.yaml');
  expect(await ran([...scan, '--out', draft], { env })).toMatchObject({ exit: 0 });
  expect(await ran(['validate', draft])).toMatchObject({ exit: 0 });
  const sealed = await ran(['scan', '--topic', `accepted.${D}`, ...ours], { env });
  expect(sealed).toMatchObject({ exit: 2, err: expect.stringContaining('scan the raw topic') });
});
