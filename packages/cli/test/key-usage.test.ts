import { describe, expect, test } from 'vitest';

import { keyIdsIn } from '../src/key-usage.ts';

const token = (id: string) => Buffer.from(`ss1:${id}:${'A'.repeat(80)}`);

describe('the key ids of a record', () => {
  test('are found in its value and in its headers, so that no key is ended that a header needs', () => {
    const headers = [
      ['x-user', token('AAAAAAAAAAAA')],
      ['x-none', null],
      ['x-two', token('BBBBBBBBBBBB')],
    ] as const;
    const value = Buffer.concat([Buffer.from('{"a":"'), token('CCCCCCCCCCCC'), Buffer.from('"}')]);
    expect([...keyIdsIn({ headers, value })].sort()).toEqual([
      'AAAAAAAAAAAA',
      'BBBBBBBBBBBB',
      'CCCCCCCCCCCC',
    ]);
    expect([...keyIdsIn({ headers, value: null })]).toHaveLength(2);
    expect([...keyIdsIn({ headers: [], value: Buffer.from('{}') })]).toEqual([]);
  });
});
