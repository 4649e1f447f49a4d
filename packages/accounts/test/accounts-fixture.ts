import { randomBytes } from 'node:crypto';
import { KeptLog } from '../../keyring/test/keyring-fixture.ts';
import { given } from '../../keyring/test/redis-fixture.ts';
import { AccountKeys } from '../src/account-keys.ts';
import { type Accounts, type AccountsOptions, openAccounts } from '../src/accounts.ts';

/** A hash that costs little, where a test is not about what it costs. */
export const CHEAP = { memoryCost: 64, timeCost: 1, parallelism: 1 } as const;
export const SECRET = randomBytes(32);

/** Bytes of a text, new ones each time: whoever takes a password zeroes it. */
export const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));

/** A password that every rule takes. */
export const aPassword = () => `canary ${randomBytes(9).toString('base64url')} pass`;

let count = 0;
/** An address that nobody had before. */
export function anAddress(): string {
  count += 1;
  return `10.${(count >> 16) & 255}.${(count >> 8) & 255}.${count & 255}`;
}

/** The code of what a promise rejects with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  const [outcome] = await Promise.allSettled([work]);
  if (outcome?.status === 'fulfilled') return 'none';
  return String(Reflect.get(Object(outcome?.reason), 'code'));
}

/** Accounts in a part of a real Redis that no other test has, and a clock that a test may move. */
export class AccountGround {
  readonly prefix = `t-${randomBytes(6).toString('hex')}:`;
  readonly keys = new AccountKeys(this.prefix);
  readonly log = new KeptLog();
  /** How far the clock of these accounts is ahead. */
  aheadMs = 0;
  readonly #url: string;
  readonly #opened: Accounts[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  /** One process's accounts; further ones are other replicas. */
  async open(more: Partial<AccountsOptions> = {}): Promise<Accounts> {
    const accounts = await openAccounts({
      redisUrl: this.#url,
      prefix: this.prefix,
      logger: this.log,
      hashes: { cost: CHEAP },
      signIn: { secret: SECRET, shedDelayMs: 50 },
      now: () => Date.now() + this.aheadMs,
      ...more,
    });
    this.#opened.push(accounts);
    return accounts;
  }

  /** Gives Redis one command. */
  run(command: string, ...rest: (string | number)[]): Promise<unknown> {
    return given(this.#url, [command, ...rest]);
  }

  /** Everything that stands in this part of Redis: names of keys and all they hold, as bytes. */
  async dump(): Promise<Buffer> {
    const names = (await this.run('KEYS', `${this.prefix}*`)) as string[];
    const held = names.map(async (name) => {
      const isList = (await this.run('TYPE', name)) === 'zset';
      const held = isList ? await this.run('ZRANGE', name, 0, -1) : await this.run('GET', name);
      return `${name}\n${String(held)}`;
    });
    return Buffer.from((await Promise.all(held)).join('\n'));
  }

  async close(): Promise<void> {
    for (const accounts of this.#opened) await accounts.stop();
    const names = (await this.run('KEYS', `${this.prefix}*`)) as string[];
    if (names.length > 0) await this.run('DEL', ...names);
  }
}
