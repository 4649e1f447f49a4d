import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const WAIT_MS = 30_000;

/** What a program said, and how it ended: its exit code or the signal, SIGKILL where it took too long. */
export interface Said {
  readonly code: number | string;
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
    const {
      code,
      signal,
      stderr = '',
      stdout = '',
    } = error as Error & Partial<Record<string, unknown>>;
    const ended = typeof code === 'number' ? code : String(signal ?? code);
    return { code: ended, out: String(stdout), err: String(stderr) };
  }
}
