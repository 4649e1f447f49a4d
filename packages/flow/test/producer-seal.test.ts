import { randomBytes } from 'node:crypto';
import { SealstreamError } from '@sealstream/contracts';
import { ProducerCipher } from '@sealstream/crypto';
import { describe, expect, test } from 'vitest';
import { MemoryKeys } from '../../crypto/test/memory-keys.ts';
import { ProducerSeals } from '../src/producer-seal.ts';
import { people } from './flow-batch.ts';

const keys = new MemoryKeys({ producerKey1: randomBytes(32) });
const later = new MemoryKeys({ producerKey2: randomBytes(32) });
const cipher = new ProducerCipher('people');
const known = cipher.seal(keys, null, Buffer.from('{}'));
const unknown = cipher.seal(later, null, Buffer.from('{}'));

/** The code that it gives or throws. */
function outcome(seals: ProducerSeals, sealed: Buffer, source: MemoryKeys = keys): string {
  try {
    const opened = seals.open(source, null, sealed);
    return 'code' in opened ? opened.code : opened.value.toString();
  } catch (error) {
    return error instanceof SealstreamError ? `throws ${error.code}` : String(error);
  }
}

describe('a record sealed to a key that is not known', () => {
  test('waits for keys that are on their way, for two seconds, and is rejected then', () => {
    let nowMs = 1000;
    const seals = new ProducerSeals(people(), () => nowMs);
    expect(outcome(seals, unknown)).toBe('throws KEY_UNKNOWN');
    nowMs += 1999;
    expect(outcome(seals, unknown)).toBe('throws KEY_UNKNOWN');
    expect(outcome(seals, unknown, later)).toBe('{}');
    nowMs += 1;
    expect(outcome(seals, unknown)).toBe('RECORD_NOT_AUTHENTIC');
    expect(outcome(seals, known)).toBe('{}');
  });

  test('of a producer that invents key ids holds a flow up once a minute and no oftener', () => {
    let nowMs = 0;
    let heldUpMs = 0;
    const seals = new ProducerSeals(people(), () => nowMs);
    for (; nowMs < 600_000; nowMs += 100)
      if (outcome(seals, unknown).startsWith('throws')) heldUpMs += 100;
    expect(heldUpMs).toBe(20_000);
  });
});
