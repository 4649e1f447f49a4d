import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { memoryOf } from '../../keyring/test/process-memory.ts';
import { AccountGround, bytesOf } from './accounts-fixture.ts';
import type { SigningOrder } from './signing-process.ts';

const PROGRAM = join(import.meta.dirname, 'signing-process.ts');
const { redisUrl } = inject('stack');
const ground = new AccountGround(redisUrl);
const password = `Canary ${randomBytes(24).toString('base64url')}`;
let child: ChildProcess | undefined;

afterAll(async () => {
  child?.kill('SIGKILL');
  await ground.close();
});

async function told(what: SigningOrder['do']): Promise<string> {
  if (child === undefined) expect.unreachable('no process');
  const answered = once(child, 'message');
  const order = { redisUrl, prefix: ground.prefix, bytes: Buffer.byteLength(password), do: what };
  child.send(order satisfies SigningOrder);
  child.stdin?.write(password);
  const [{ text }] = (await answered) as [{ text: string }];
  return text;
}

/**
 * How often the whole password stands in the memory of a process, in one byte a character or in two. The
 * library that hashes frees copies of its own without wiping them; the allocator then writes over where
 * they begin. Ours would stand whole.
 */
function copiesIn(pid: number): number {
  const forms = [Buffer.from(password), Buffer.from(password, 'utf16le')];
  let copies = 0;
  for (const piece of memoryOf(pid)) copies += forms.filter((form) => piece.includes(form)).length;
  return copies;
}

test.runIf(process.platform === 'linux')(
  'no copy of ours of a password is in memory once it was checked, right or wrong',
  async () => {
    const accounts = await ground.open();
    const person = 'p';
    await accounts.users.create({ name: 'somebody', person, password: bytesOf(password) });
    const execArgv = ['-C', 'sealstream-source'];
    child = fork(PROGRAM, { execArgv, stdio: ['pipe', 'ignore', 'ignore', 'ipc'] });
    const { pid = 0 } = child;
    expect(await told('sign-in')).toBe('signed-in');
    expect(copiesIn(pid)).toBe(0);
    expect(await told('mistype')).toBe('refused');
    expect(copiesIn(pid)).toBe(0);
    expect(await told('plant')).toBe('planted');
    expect(copiesIn(pid)).toBeGreaterThan(0);
  },
);
