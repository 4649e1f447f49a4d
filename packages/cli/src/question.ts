import { openSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { ReadStream } from 'node:tty';

import { SealstreamError } from '@sealstream/contracts';

import type { Terminal } from './terminal.ts';

/**
 * Asks somebody at the terminal, also while stdin is a pipe; anything but `yes` is no.
 *
 * @param otherwise the option that stands for a yes where nobody can be asked
 * @throws SealstreamError USAGE without a terminal
 */
export async function isAgreed(
  terminal: Terminal,
  question: string,
  otherwise: string,
): Promise<boolean> {
  const input = terminal.isWatched ? keyboardOf(terminal) : undefined;
  if (input === undefined)
    throw new SealstreamError(
      'USAGE',
      { option: otherwise },
      'Nobody can be asked here: run it in a terminal, or give the option.',
    );
  terminal.showPassing(`${question} [yes/no] `);
  const lines = createInterface({ input });
  try {
    for await (const line of lines) return line.trim().toLowerCase() === 'yes';
    return false;
  } finally {
    lines.close();
    terminal.clearPassing();
    if (input instanceof ReadStream && input !== terminal.stdin) input.destroy();
  }
}

function keyboardOf({ stdin }: Terminal): NodeJS.ReadableStream | undefined {
  const given: NodeJS.ReadableStream & { readonly isTTY?: boolean } = stdin;
  if (given.isTTY === true) return given;
  try {
    return new ReadStream(openSync('/dev/tty', 'r'));
  } catch {
    // A process without a terminal has none to open.
    return undefined;
  }
}
