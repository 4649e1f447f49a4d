import { expect, test } from 'vitest';
import { Continuity } from '../src/continuity.ts';
import { encodeOwn } from '../src/entry.ts';
import { batchEvent, plainEvent, sourced } from './sample-log.ts';

test('a continuity made from the state of another goes on as that one would', () => {
  const first = new Continuity();
  first.observe(sourced(batchEvent(0, 10), 0), 0);
  first.observe(sourced(plainEvent(0), 0, 'audit.events.cli'), 1);
  const state = JSON.parse(JSON.stringify(first.state())) as ReturnType<Continuity['state']>;
  const second = new Continuity(state);
  expect(second.observe(sourced(batchEvent(10, 20), 1), 2)).toEqual([]);
  expect(second.observe(sourced(batchEvent(21, 30), 2), 3)).toMatchObject([{ kind: 'gap' }]);
  expect(second.observe(sourced(plainEvent(2), 1, 'audit.events.cli'), 4)).toMatchObject([
    { kind: 'gap', expected: '1', seen: '2' },
  ]);
  expect(second.observe(sourced(batchEvent(30, 40), 1), 5)).toMatchObject([
    { kind: 'source-repeat' },
  ]);
});

test('a repeat does not move the emitter back', () => {
  const continuity = new Continuity();
  const kindsOf = (from: number, to: number, offset: number) =>
    continuity.observe(sourced(batchEvent(from, to), offset), offset).map(({ kind }) => kind);
  expect(kindsOf(0, 50, 0)).toEqual([]);
  expect(kindsOf(10, 20, 1)).toEqual(['repeat']);
  expect(kindsOf(50, 60, 2)).toEqual([]);
});

test('the same name on two topics is two emitters', () => {
  const continuity = new Continuity();
  const event = batchEvent(0, 10, 'mask/people/0');
  expect(continuity.observe(sourced(event, 0), 0)).toEqual([]);
  const other = continuity.observe(sourced(event, 0, 'audit.events.ingest'), 1);
  expect(other.map(({ kind }) => kind)).toEqual(['emitter-foreign']);
});

test('a source that begins again is no repeat when the log itself says so, and nobody else can', () => {
  const continuity = new Continuity();
  continuity.observe(sourced(batchEvent(0, 10), 90), 0);
  const details = { topic: 'audit.events.mask', partition: 0 };
  const lost = { ...plainEvent(0, 'audit/1'), type: 'offsets-lost', details };
  continuity.observe(sourced(lost, 0, 'audit.events.audit'), 1);
  const kindsOf = (from: number, offset: number) =>
    continuity.observe(sourced(batchEvent(from, from + 10), offset), 2).map(({ kind }) => kind);
  expect(kindsOf(10, 5)).toEqual(['source-repeat']);
  continuity.observe(encodeOwn(lost), 3);
  expect(kindsOf(20, 0)).toEqual([]);
});

test('more emitters than are remembered do not make the memory grow', () => {
  const continuity = new Continuity();
  for (let at = 0; at < 10_050; at++) {
    continuity.observe(sourced(plainEvent(0, `cli/${at}`), at, 'audit.events.cli'), at);
  }
  expect(continuity.state().plain).toHaveLength(10_000);
});
