import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';

import { newPassword } from '../src/password-input.ts';
import { Terminal } from '../src/terminal.ts';

/** A keyboard, and all that was shown while somebody typed. */
function keyboard(stdin: NodeJS.ReadableStream) {
  const shown: string[] = [];
  const stream = {
    isTTY: true,
    write: (chunk: string | Uint8Array) => shown.push(String(chunk)) > 0,
    once: () => undefined,
  };
  const terminal = new Terminal({ stdin, stdout: stream, stderr: stream, env: {} });
  return { terminal, shown };
}

function typing(...chunks: string[]) {
  const modes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (on: boolean) => modes.push(on),
  });
  for (const chunk of chunks) stdin.write(chunk);
  return { ...keyboard(stdin), modes };
}

const textOf = async (terminal: Terminal) => Buffer.from(await newPassword(terminal)).toString();

describe('a password from stdin', () => {
  test.each(['secret words', 'secret words\n', 'secret words\r\n'])(
    'is the one line of it, without its end: %j',
    async (text) => {
      const { terminal } = keyboard(Readable.from([Buffer.from(text)]));
      expect(await textOf(terminal)).toBe('secret words');
    },
  );

  test.each(['', '\n', 'canary-one\ncanary-two', 'canary'.repeat(1000)])(
    'is refused without a word of it when it is %j',
    async (text) => {
      const { terminal } = keyboard(Readable.from([Buffer.from(text)]));
      const error = await newPassword(terminal).catch(String);
      expect(error).toContain('USAGE');
      expect(error).not.toContain('canary');
    },
  );
});

describe('a password that is typed', () => {
  test('is asked for twice, never shown, and the terminal is as before', async () => {
    const { modes, shown, terminal } = typing('secret wo', 'rds\r', 'secret words\r');
    expect(await textOf(terminal)).toBe('secret words');
    expect(modes).toEqual([true, false, true, false]);
    expect(shown.join('')).toContain('new password: ');
    expect(shown.join('')).not.toMatch(/s.?e.?c.?r.?e.?t/);
  });

  test('may come in one piece, and be mended a character at a time', async () => {
    const { terminal } = typing('seä\u007fcret\r', 'secrets\b\r');
    expect(await textOf(terminal)).toBe('secret');
  });

  test.each([
    ['another the second time', ['canary one\r', 'canary two\r']],
    ['empty', ['\r', '\r']],
    ['interrupted', ['canary\u0003']],
    ['ended', ['canary\u0004']],
  ])('is refused when it is %s', async (_, chunks) => {
    const { modes, terminal } = typing(...chunks);
    const error = await newPassword(terminal).catch(String);
    expect(error).toContain('USAGE');
    expect(error).not.toContain('canary');
    expect(modes.at(-1)).toBe(false);
  });
});
