import { describe, expect } from 'vitest';
import { contrast } from './contrast.ts';

/** An answer as it stands on the wire: its size, the number of its request, and what it says. */
function frameOf(answer: Buffer, index: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + answer.length, 0);
  head.writeInt32BE(index, 4);
  return Buffer.concat([head, answer]);
}

const texts = (answers: readonly Buffer[]) => answers.map((answer) => answer.toString());
const answers = [3, 300, 5000, 0, 70_000].map((length) => Buffer.alloc(length, `${length} `));

describe('answers that a socket reads piece by piece into its one buffer', () => {
  contrast({
    scenario: async (client) =>
      texts(await client.answersInPieces([Buffer.concat(answers.map(frameOf))], 1000)),
    stock: 'mixes up, so it needs a new buffer for each piece',
    shows: (read) => expect(read).not.toEqual(texts(answers)),
    bus: 'puts together, each in a buffer of its size',
    holds: (read) => expect(read).toEqual(texts(answers)),
  });
});

describe('a connection that was cut in the middle of an answer and made again', () => {
  const cut = frameOf(Buffer.from('first answer'), 0).subarray(0, 10);
  const next = frameOf(Buffer.from('next answer'), 1);
  contrast({
    scenario: async (client) => texts(await client.answersInPieces([cut, next], 1000)),
    stock: 'takes for the rest of that answer what comes on the new one',
    shows: (read) => expect(read).not.toContain('next answer'),
    bus: 'begins anew',
    holds: (read) => expect(read).toEqual(['next answer']),
  });
});
