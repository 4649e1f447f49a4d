import { SealstreamError } from '@sealstream/contracts';

import type { Terminal } from './terminal.ts';

/** More than any password may have. */
const BYTES_MAX = 1024;
const KEY = { interrupt: 0x03, end: 0x04, backspace: 0x08, enter: 0x0d, feed: 0x0a, erase: 0x7f };
/** A byte that goes on a character of UTF-8. */
const isContinued = (byte: number) => (byte & 0xc0) === 0x80;

/** A terminal that can be told not to show what is typed, as `tty.ReadStream` is one. */
interface Keyboard extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  setRawMode?(on: boolean): unknown;
}

/**
 * A new password, without its line end: from stdin when that is a file or a pipe, else asked for twice
 * without being shown. The caller zeroes it. No message of this ever holds any of it.
 *
 * @throws SealstreamError USAGE when there is none, or the second is not the first
 */
export async function newPassword(terminal: Terminal): Promise<Uint8Array> {
  const keyboard: Keyboard = terminal.stdin;
  if (keyboard.isTTY !== true) return lineOf(keyboard);
  const first = await typed(terminal, keyboard, 'new password: ');
  const second = await typed(terminal, keyboard, 'again: ');
  const isSame = first.equals(second);
  second.fill(0);
  if (isSame && first.length > 0) return first;
  first.fill(0);
  throw new SealstreamError('USAGE', { password: 'typed' }, 'Type the same password twice.');
}

/**
 * The password of a user who has one: asked for once. Else as `newPassword`.
 *
 * @throws SealstreamError USAGE
 */
export async function presentPassword(terminal: Terminal): Promise<Uint8Array> {
  const keyboard: Keyboard = terminal.stdin;
  if (keyboard.isTTY !== true) return lineOf(keyboard);
  return typed(terminal, keyboard, 'password: ');
}

/**
 * The password that holds, and a new one: on a line each of stdin, or asked for. Else as `newPassword`.
 *
 * @throws SealstreamError USAGE
 */
export async function presentAndNew(
  terminal: Terminal,
): Promise<{ readonly present: Uint8Array; readonly password: Uint8Array }> {
  const keyboard: Keyboard = terminal.stdin;
  if (keyboard.isTTY !== true) {
    const [present = NONE, password = NONE] = await linesOf(keyboard, 2);
    return { present, password };
  }
  const present = await typed(terminal, keyboard, 'present password: ');
  return { present, password: await newPassword(terminal) };
}

const NONE = new Uint8Array();
const COUNTS = [
  '',
  'one password on one line',
  'the present password and the new one, a line each,',
];

/** @throws SealstreamError USAGE */
async function lineOf(input: NodeJS.ReadableStream): Promise<Uint8Array> {
  const [line = NONE] = await linesOf(input, 1);
  return line;
}

/** @throws SealstreamError USAGE unless there are exactly so many, and none is empty */
async function linesOf(input: NodeJS.ReadableStream, count: 1 | 2): Promise<Uint8Array[]> {
  const bytes = Buffer.alloc(BYTES_MAX);
  let size = 0;
  for await (const chunk of input) {
    const part = Buffer.from(chunk);
    size += part.copy(bytes, size);
    part.fill(0);
    if (size === BYTES_MAX) break;
  }
  if (bytes[size - 1] === KEY.feed) size -= 1;
  const lines: Uint8Array[] = [];
  for (let from = 0; from <= size; ) {
    const found = bytes.indexOf(KEY.feed, from);
    const end = found < 0 || found > size ? size : found;
    const hasReturn = end > from && bytes[end - 1] === KEY.enter;
    lines.push(bytes.subarray(from, hasReturn ? end - 1 : end));
    from = end + 1;
  }
  if (size < BYTES_MAX - 2 && lines.length === count && lines.every((line) => line.length > 0))
    return lines;
  bytes.fill(0);
  throw new SealstreamError(
    'USAGE',
    { password: 'stdin' },
    `Give ${COUNTS[count]} on stdin, or run it in a terminal to be asked.`,
  );
}

/** @throws SealstreamError USAGE at Ctrl-C, or at the end of the input */
async function typed(terminal: Terminal, keyboard: Keyboard, prompt: string): Promise<Buffer> {
  const line = Buffer.alloc(BYTES_MAX);
  terminal.showPassing(prompt);
  keyboard.setRawMode?.(true);
  try {
    return line.subarray(0, await read(keyboard, line));
  } catch (error) {
    line.fill(0);
    throw error;
  } finally {
    keyboard.setRawMode?.(false);
    terminal.clearPassing();
  }
}

/** Reads keys until Enter; what was typed behind it waits for the next reader. */
function read(keyboard: Keyboard, line: Buffer): Promise<number> {
  let size = 0;
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      keyboard.off('data', onKeys).off('end', onEnd);
      keyboard.pause();
      settle();
    };
    const stop = (why: string) =>
      end(() => reject(new SealstreamError('USAGE', { password: why }, 'Nothing was changed.')));
    const onEnd = () => stop('ended');
    const onKeys = (chunk: string | Uint8Array): void => {
      const keys = Buffer.from(chunk);
      for (const [at, key] of keys.entries()) {
        if (key === KEY.enter || key === KEY.feed) {
          const rest = keys.subarray(at + 1);
          if (rest.length > 0) keyboard.unshift(rest);
          end(() => resolve(size));
          return;
        }
        if (key === KEY.interrupt || key === KEY.end) {
          stop('interrupted');
          return;
        }
        if (key === KEY.backspace || key === KEY.erase) {
          while (size > 0 && isContinued(line[size - 1])) size -= 1;
          size = Math.max(0, size - 1);
        } else if (size < BYTES_MAX) line[size++] = key;
      }
      keys.fill(0);
    };
    keyboard.on('data', onKeys).on('end', onEnd);
    keyboard.resume();
  });
}
