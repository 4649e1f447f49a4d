import { Readable } from 'node:stream';

import type { ExitCode } from '../src/index.ts';
import { runSealstream, sealstreamProgram } from '../src/index.ts';

export interface Ran {
  readonly exit: ExitCode;
  readonly out: string;
  readonly err: string;
}

interface Given {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTerminal?: boolean;
}

/** Runs one command line in this process. */
export async function ran(argv: readonly string[], given: Given = {}): Promise<Ran> {
  const said = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    isTTY: given.isTerminal ?? false,
    write: (chunk: string | Uint8Array) => {
      said[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      return true;
    },
    once: () => undefined,
  });
  const exit = await runSealstream(argv, {
    stdin: Readable.from([Buffer.from(given.stdin ?? '')]),
    stdout: stream('out'),
    stderr: stream('err'),
    env: given.env ?? {},
  });
  return { exit, ...said };
}

/** The parser, for looking at; none of its commands can run. */
export function emptyProgram(): ReturnType<typeof sealstreamProgram> {
  return sealstreamProgram({
    context: {
      terminal: undefined as never,
      command: '',
      config: () => {
        throw new Error('no command runs here');
      },
      interrupted: () => new AbortController().signal,
    },
    onOutcome: () => undefined,
  });
}
