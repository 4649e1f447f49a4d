import { AlertEvent } from '@sealstream/contracts';
import { describe, expect, test } from 'vitest';

import { AlertBoard } from '../src/alert-board.ts';
import type { Condition } from '../src/condition.ts';

const TIMES = { pendingMs: 5000, resolveMs: 5000, resolveMaxMs: 300_000, calmMs: 600_000 };
const CONDITION: Condition = {
  id: 'lag/people/raw.people/ingest',
  rule: 'lag',
  dataset: 'people',
  topic: 'raw.people',
  service: 'ingest',
  signal: 'good',
  expected: 'little',
  seen: 'much',
};

function boardOf(conditions: () => Condition[]): AlertBoard {
  return new AlertBoard({
    rules: [{ conditions }],
    timesOf: () => TIMES,
    runbooks: 'https://example.org/runbooks',
  });
}

const FIRING: AlertEvent = {
  v: 1,
  id: CONDITION.id,
  rule: 'lag',
  state: 'firing',
  expected: 'little',
  seen: 'much',
  since: '2026-01-01T00:00:00.000Z',
  time: '2026-01-01T00:00:10.000Z',
  runbook: 'x',
};

describe('the board', () => {
  test('tells a firing and its resolution with since, time, offset and runbook', () => {
    let condition = CONDITION;
    const board = boardOf(() => [condition]);
    board.look(0);
    condition = { ...CONDITION, signal: 'bad', sinceMs: 500, firstOffset: '2:77' };
    board.look(1000);
    expect(board.standing()).toMatchObject([{ id: CONDITION.id, phase: 'pending' }]);
    const [fired] = board.look(6000);
    expect(AlertEvent.parse(fired)).toEqual({
      v: 1,
      id: CONDITION.id,
      rule: 'lag',
      state: 'firing',
      dataset: 'people',
      topic: 'raw.people',
      service: 'ingest',
      expected: 'little',
      seen: 'much',
      since: '1970-01-01T00:00:00.500Z',
      time: '1970-01-01T00:00:06.000Z',
      firstOffset: '2:77',
      runbook: 'https://example.org/runbooks/lag.md',
    });
    condition = { ...CONDITION, seen: 'little' };
    expect(board.look(7000)).toEqual([]);
    expect(board.look(12_000)).toMatchObject([
      { state: 'resolved', seen: 'little', since: '1970-01-01T00:00:00.500Z' },
    ]);
    expect(board.standing()).toMatchObject([{ phase: 'quiet' }]);
  });

  test('forgets no alert over a restart: a restored one stays firing until it is good', () => {
    let condition: Condition = { ...CONDITION, signal: 'hold' };
    const board = boardOf(() => [condition]);
    board.restore(FIRING);
    const start = Date.parse(FIRING.time);
    for (let second = 0; second < 60; second++)
      expect(board.look(start + second * 1000)).toEqual([]);
    expect(board.standing()).toMatchObject([{ phase: 'firing' }]);
    condition = CONDITION;
    board.look(start + 60_000);
    expect(board.look(start + 65_000)).toMatchObject([
      { state: 'resolved', since: FIRING.since, id: FIRING.id },
    ]);
  });

  test('does not tell again what was firing before the restart', () => {
    const board = boardOf(() => [{ ...CONDITION, signal: 'bad' }]);
    board.restore(FIRING);
    for (let second = 0; second < 60; second++) expect(board.look(second * 1000)).toEqual([]);
  });

  test('resolves a restored alert of something that is no longer watched', () => {
    const board = boardOf(() => []);
    board.restore(FIRING);
    const start = Date.parse(FIRING.time);
    board.look(start);
    expect(board.look(start + 5000)).toMatchObject([
      { state: 'resolved', seen: 'it is no longer watched' },
    ]);
    board.look(start + 5500);
    expect(board.look(start + 700_000)).toEqual([]);
    expect(board.look(start + 700_500)).toEqual([]);
    expect(board.standing()).toEqual([]);
  });

  test('two watchers that see the same give the same ids', () => {
    const events = [1, 2].map(() => {
      const board = boardOf(() => [{ ...CONDITION, signal: 'bad' }]);
      board.look(0);
      return board.look(5000);
    });
    expect(events[0]).toEqual(events[1]);
  });
});
