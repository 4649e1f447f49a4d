import { type ByteRange, SealstreamError } from '@sealstream/contracts';
import type { KeySource, TokenVault } from '@sealstream/crypto';
import { AcceptedCodec, encodeSourceMark } from '@sealstream/flow';
import { describe, expect, it } from 'vitest';
import {
  batchOf,
  everyByte,
  newKeys,
  outputOf,
  people,
  resultOf,
} from '../../../packages/flow/test/flow-batch.ts';
import { acceptedToMasked } from '../src/accepted-to-masked.ts';

const value = (ssn: string) =>
  Buffer.from(`{"first_name":"Al","last_name":"Smith","ssn":"${ssn}","email":"a@b.example"}`);

/** Tokens that are not in memory before they were brought. */
class LazyVault implements TokenVault {
  readonly #known = new Map<string, string>();
  readonly #wanted = new Set<string>();
  away = false;
  brings = 0;

  get wants(): boolean {
    return this.#wanted.size > 0;
  }

  token(_field: unknown, digest: string, _subject: unknown, { bytes, from, to }: ByteRange) {
    if (bytes.toString('utf8', from, to).startsWith('666'))
      throw new SealstreamError('VAULT_ROW_REFUSED');
    const token = this.#known.get(digest);
    if (token !== undefined) return token;
    this.#wanted.add(digest);
    throw new SealstreamError('VAULT_ROWS_WANTED');
  }

  async bring(): Promise<void> {
    this.brings += 1;
    if (this.away) throw new SealstreamError('REDIS_UNREACHABLE');
    for (const one of this.#wanted) this.#known.set(one, `tok_${this.#known.size}`);
    this.#wanted.clear();
  }
}

describe('records with a field under tokenise', () => {
  const dataset = people((text) =>
    text.replace(
      /(\/ssn:[^}]*?)mask: \{[^}]*\}\s*\}?/,
      '$1mask: tokenise, equalityOracle: { accepted: a test }',
    ),
  );
  const vault = new LazyVault();
  const keys: KeySource = Object.assign(newKeys(), { vault });
  const transform = acceptedToMasked(dataset, keys);
  const accepted = (ssn: string) => {
    const mark = encodeSourceMark({
      policyId: dataset.policyId,
      incarnation: Buffer.from('01020304', 'hex'),
      partition: 3,
      offset: 77n,
      attempt: 0,
      branch: 'both',
    });
    const subject = dataset.subject === undefined ? null : Buffer.alloc(16, 7);
    const envelope = { key: null, value: value(ssn), headers: [], timestamp: 1n, subject };
    return new AcceptedCodec('people').seal(keys, mark, null, envelope);
  };
  const { masked, rejected } = dataset.topics;

  it('wait for all tokens of the batch at once, and stand on masked with them', async () => {
    const batch = batchOf(['123-45-6789', '123-45-6780', '123-45-6789'].map(accepted));
    await expect(async () => resultOf(transform, batch)).rejects.toThrow('lacks keys');
    await vault.bring();
    const result = resultOf(transform, batch);
    const tokens = outputOf(result, masked).map(
      (record) => /tok_\d+/.exec(String(record.value))?.[0],
    );
    expect(tokens).toEqual(['tok_0', 'tok_1', 'tok_0']);
    expect(everyByte(result).includes('123-45')).toBe(false);
  });

  it('are not written while the vault is away', async () => {
    vault.away = true;
    const batch = batchOf([accepted('123-45-0001')]);
    const sink = { add: () => undefined, push: () => undefined };
    const out = { to: () => sink as never };
    await expect(transform(batch, out)).rejects.toThrow('REDIS_UNREACHABLE');
    vault.away = false;
    await vault.bring();
    expect(outputOf(resultOf(transform, batch), masked)).toHaveLength(1);
  });

  it('are rejected when a row of the vault is refused, and the others written', () => {
    const batch = batchOf(['123-45-6789', '666-45-6789'].map(accepted));
    const result = resultOf(transform, batch);
    expect(outputOf(result, masked)).toHaveLength(1);
    expect(outputOf(result, rejected)).toHaveLength(1);
    expect(result.event.rejected).toEqual({ VAULT_ROW_REFUSED: 1 });
  });
});
