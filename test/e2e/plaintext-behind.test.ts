import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, expect, inject, it } from 'vitest';
import { RunningFlow, until } from './running-flow.ts';

let flow: RunningFlow;
afterEach(() => flow.close());

const person = Buffer.from(
  '{"first_name":"Ann","last_name":"Lee","ssn":"123-45-6789","email":"ann@x.example"}',
);
const OFTEN = { SEALSTREAM_DELETE_EVERY: '200ms' };

it('deletes sealed plaintext from a raw topic that Sealstream created', async () => {
  flow = await RunningFlow.open(inject('stack'));
  const { bus, dataset } = flow;
  await bus.append(dataset.topics.raw, 0, [{ key: null, value: person }]);
  await flow.start('ingest', OFTEN);
  await until(async () => (await bus.admin.offset(dataset.topics.raw, 0, 'earliest')) === 1n);
  expect(await flow.readAll(dataset.topics.raw)).toEqual([]);
}, 60_000);

it('deletes nothing from a raw topic that others own, unless the policy says so', async () => {
  flow = await RunningFlow.open(inject('stack'));
  const { bus, dataset, place } = flow;
  const foreign = `theirs-${place.id}`;
  await bus.admin.createTopic(foreign, 4, 1, { 'max.message.bytes': '4194304' });
  const policy = readFileSync(place.policyFile, 'utf8');
  writeFileSync(place.policyFile, policy.replace(dataset.topics.raw, foreign));
  await bus.append(foreign, 0, [{ key: null, value: person }]);
  const ingest = await flow.start('ingest', OFTEN);
  await until(async () => (await flow.readAll(dataset.topics.accepted)).length === 1);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect((await flow.readAll(foreign)).length).toBe(1);
  await flow.crash(ingest);
  const allowed = readFileSync(place.policyFile, 'utf8').replace(
    '    format: json',
    '    deleteAfterIngest: true\n    format: json',
  );
  writeFileSync(place.policyFile, allowed);
  await flow.start('ingest', OFTEN);
  await until(async () => (await bus.admin.offset(foreign, 0, 'earliest')) === 1n);
}, 60_000);
