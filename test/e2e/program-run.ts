import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const WAIT_MS = 30_000;

/** What a program said, and how it ended; -1 where it had to be ended. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program with nothing to read, for half a minute at most. */
export async function ran(program: string, args: readonly string[]): Promise<Said> {
  const options = { timeout: WAIT_MS, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 } as const;
  const asked = promisify(execFile)(program, args, options);
  asked.child.stdin?.end();
  try {
    const { stderr, stdout } = await asked;
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stderr = '', stdout = '' } = error as Error & Partial<Record<string, unknown>>;
    return { code: typeof code === 'number' ? code : -1, out: String(stdout), err: String(stderr) };
  }
}
