import type { PlainEvent } from '@sealstream/contracts';
import { describe, expect, test } from 'vitest';

import { AccessBook, type AccessPlace } from '../src/access-book.ts';

let next = 0;

function event(
  type: PlainEvent['type'],
  details: PlainEvent['details'],
  over: Partial<PlainEvent> = {},
) {
  next += 1;
  const time = new Date(1_700_000_000_000 + next).toISOString();
  const who = { emitter: 'access/a', number: next, actor: 'ann' };
  const whole = { action: 'reveal', person: 'ann', ...details };
  const value = JSON.stringify({
    v: 1,
    time,
    type,
    ...who,
    dataset: 'people',
    details: whole,
    ...over,
  });
  return { offset: BigInt(next), value: Buffer.from(value) };
}

const ordered = (request: string, details: PlainEvent['details'] = {}) =>
  event('access-ordered', { request, told: 'plaintext', ...details });
const done = (request: string, details: PlainEvent['details'] = {}) =>
  event('access-done', { request, ...details });

function booked(...events: { offset: bigint; value: Buffer }[]) {
  const book = new AccessBook();
  for (const one of events) book.take(one);
  return book.page({}, 200).items;
}

describe('an order', () => {
  test('without its outcome is open, and one that needs none is done', () => {
    const items = booked(
      ordered('r1'),
      ordered('r2', { told: 'read' }),
      ordered('r3', { told: 'change' }),
    );
    expect(items.map(({ outcome, request }) => [request, outcome])).toEqual([
      ['r3', 'open'],
      ['r2', 'done'],
      ['r1', 'open'],
    ]);
  });

  test('takes from its outcome what was given in truth, or what failed', () => {
    const items = booked(ordered('r1', { values: 9 }), done('r1', { given: 4 }), ordered('r2'));
    expect(items[1]).toMatchObject({ type: 'done', outcome: 'done', values: 9, given: 4 });
    const failed = booked(ordered('r1'), done('r1', { given: 0, failed: 'KEY_UNKNOWN' }));
    expect(failed).toMatchObject([{ outcome: 'failed', failed: 'KEY_UNKNOWN', given: 0 }]);
  });

  test('is hidden by no later one of the same id, whoever sends it', () => {
    const items = booked(
      ordered('same', { values: 1000 }),
      done('same', { given: 1000 }),
      ordered('same'),
    );
    expect(items.map(({ outcome, values }) => [outcome, values])).toEqual([
      ['open', undefined],
      ['done', 1000],
    ]);
    const foreign = event('access-done', { request: 'r1', given: 0 }, { actor: 'bob' });
    expect(booked(ordered('r1'), foreign).map(({ outcome }) => outcome)).toEqual(['done', 'open']);
    const other = done('r1', { action: 'seal' });
    expect(booked(ordered('r1'), other).map(({ outcome }) => outcome)).toEqual(['done', 'open']);
  });

  test('that is sent again with the same bytes is one', () => {
    const once = ordered('r1');
    expect(booked(once, { ...once, offset: 77n })).toHaveLength(1);
  });
});

test('pages go on where the one before ended, and narrow by dataset and person', () => {
  const book = new AccessBook();
  for (let at = 0; at < 10; at += 1)
    book.take(event('access-denied', { request: `r${at}`, person: at % 2 === 0 ? 'ann' : 'bob' }));
  book.take(event('signed-in', {}, { dataset: 'other' }));
  const seen: string[] = [];
  let page = book.page({ dataset: 'people', person: 'bob' }, 2);
  seen.push(...page.items.map(({ request }) => request));
  while (page.next !== undefined) {
    page = book.page({ dataset: 'people', person: 'bob' }, 2, page.next);
    seen.push(...page.items.map(({ request }) => request));
  }
  expect(seen).toEqual(['r9', 'r7', 'r5', 'r3', 'r1']);
  expect(book.page({}, 1).items).toMatchObject([{ type: 'signed-in', outcome: 'done' }]);
});

test('pages show each access once, also where the clocks of replicas differ', () => {
  const book = new AccessBook();
  // The second replica lags by some seconds, so times do not rise along the topic.
  for (let at = 0; at < 12; at += 1) {
    const time = new Date(1_800_000_000_000 - (at % 3) * 5000).toISOString();
    book.take(event('access-denied', { request: `r${at}` }, { time }));
  }
  const seen: string[] = [];
  for (let after: AccessPlace | undefined, isLast = false; !isLast; ) {
    const page = book.page({}, 2, after);
    seen.push(...page.items.map(({ request }) => request));
    after = page.next;
    isLast = after === undefined;
  }
  expect(seen).toEqual(Array.from({ length: 12 }, (_, at) => `r${11 - at}`));
});

test('a place that is forgotten, or was made up, has nothing behind it', () => {
  const book = new AccessBook();
  for (let at = 0; at < 3; at += 1) book.take(ordered(`r${at}`));
  const { next: place } = book.page({}, 1);
  expect(place).toBeDefined();
  expect(book.page({}, 200, { at: 1, offset: '1' })).toEqual({ items: [] });
  for (let at = 0; at < 21_000; at += 1) book.take(ordered('later'));
  expect(book.page({}, 200, place)).toEqual({ items: [] });
});

test('memory is bounded, and it is said that something was forgotten', () => {
  const book = new AccessBook();
  for (let at = 0; at < 20_000; at += 1) book.take(ordered('r'));
  expect(book.isWhole).toBe(true);
  for (let at = 0; at < 10; at += 1) book.take(ordered('new'));
  expect(book.isWhole).toBe(false);
  book.take(done('new', { given: 1 }));
  const { items } = book.page({}, 200);
  expect(items.filter(({ request }) => request === 'new').map(({ outcome }) => outcome)).toEqual([
    ...Array<string>(9).fill('open'),
    'done',
  ]);
});

test('holds the newest twenty thousand and no older one, however many came', () => {
  const book = new AccessBook();
  for (let at = 0; at < 23_456; at += 1) book.take(ordered(`r${at}`));
  const { items, next: more } = book.page({}, 30_000);
  expect(more).toBeUndefined();
  expect(items).toHaveLength(20_000);
  expect([items[0]?.request, items.at(-1)?.request]).toEqual(['r23455', 'r3456']);
});

test('knows the same bytes again after as many others as an emitter may send again', () => {
  const book = new AccessBook();
  const early = Array.from({ length: 2500 }, (_, at) => ordered(`r${at}`));
  for (const one of [...early, ...early.slice(-2000)]) book.take(one);
  expect(book.page({}, 30_000).items).toHaveLength(2500);
});

test('batches of replays and what is no event are no accesses', () => {
  const heartbeat = event('heartbeat', {});
  expect(booked(heartbeat, { offset: 1n, value: Buffer.from('{') })).toEqual([]);
});
