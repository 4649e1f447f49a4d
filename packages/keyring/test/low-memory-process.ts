import { randomBytes } from 'node:crypto';
import { deriveKey, generateKey, type KeyHandle, type KeyUse } from '@sealstream/crypto';
import { KeyArena } from '../src/arena.ts';
import { SubjectCache } from '../src/subject-cache.ts';
import { codeOf } from './keyring-fixture.ts';

/*
 * Fills a cache of subject keys in a process that may lock little memory, and prints what came of it.
 * Arguments: subjects of one batch, batches, uses of each key.
 */

const [batch = 0, batches = 0, uses = 0] = process.argv.slice(2).map(Number);
const MAX = 131_072;
const useOf = (n: number): KeyUse => ({
  purpose: 'subject',
  algorithm: 'xchacha20-poly1305',
  format: 'field-token',
  dataset: 'people',
  path: `/field-${n}`,
});
const ALL = Array.from({ length: uses }, (_, n) => useOf(n));
const scratch = Buffer.alloc(32);

/** What two handles have in common exactly when their keys are equal. */
function fingerprint(key: KeyHandle): string {
  deriveKey(key, useOf(-1), scratch);
  return scratch.toString('hex');
}

interface Subject {
  readonly index: Buffer;
  readonly id: string;
  readonly keys: string[];
}

const told: number[] = [];
const cache = new SubjectCache('people', MAX, false, (subjects) => told.push(subjects));
let [wrong, again, taken] = [0, 0, 0];

function take(one: Subject): void {
  cache.take(one.index, one.id, generateKey);
  one.keys.length = 0;
}

/** Asks for every key of a subject, bringing the subject when its room was taken. */
function ask(one: Subject, use: KeyUse, at: number): void {
  for (;;) {
    const number = cache.find(one.index, 0);
    const given = number < 0 ? undefined : cache.give(use, number);
    if (given === undefined) {
      again += 1;
      take(one);
      continue;
    }
    const seen = fingerprint(given.key);
    if (given.id !== one.id || seen !== (one.keys[at] ?? seen)) wrong += 1;
    one.keys[at] = seen;
    return;
  }
}

async function work(): Promise<unknown> {
  for (let round = 0; round < batches; round++) {
    const subjects = Array.from({ length: batch }, (): Subject => {
      return { index: randomBytes(16), id: `key-${String(taken++).padStart(8, '0')}`, keys: [] };
    });
    for (const one of subjects) take(one);
    // The last use comes late, when there may be no room for a row of its own.
    const asked = round < batches / 2 ? ALL.slice(0, -1) : ALL;
    for (let twice = 0; twice < 2; twice++)
      for (const [at, use] of asked.entries()) for (const one of subjects) ask(one, use, at);
    cache.nextRound();
  }
  return 'worked';
}

const worked = await codeOf(work);
// What else needs locked memory still gets some.
const others = await codeOf(() => new KeyArena().take(generateKey));
const isThere = Array.isArray(others);
process.stdout.write(
  `${JSON.stringify({ worked, told, wrong, again, size: cache.size, others: isThere })}\n`,
);
