import { describe, expect, test } from 'vitest';

import { keyIdsIn } from '../src/key-usage.ts';

const token = (id: string) => Buffer.from(`ss1:${id}:${'A'.repeat(80)}`);

describe('the key ids of a record', () => {
  test('are found in its value, key and headers, so that none is ended that one of them needs', () => {
    const headers = [
      ['x-user', token('AAAAAAAAAAAA')],
      ['x-none', null],
      ['x-two', token('BBBBBBBBBBBB')],
    ] as const;
    const value = Buffer.concat([Buffer.from('{"a":"'), token('CCCCCCCCCCCC'), Buffer.from('"}')]);
    expect([...keyIdsIn({ headers, key: token('DDDDDDDDDDDD'), value })].sort()).toEqual([
      'AAAAAAAAAAAA',
      'BBBBBBBBBBBB',
      'CCCCCCCCCCCC',
      'DDDDDDDDDDDD',
    ]);
    expect([...keyIdsIn({ headers, key: null, value: null })]).toHaveLength(2);
    expect([...keyIdsIn({ headers: [], key: null, value: Buffer.from('{}') })]).toEqual([]);
  });
});
