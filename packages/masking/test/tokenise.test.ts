import type { ByteRange } from '@sealstream/contracts';
import type { KeySource, TokenVault } from '@sealstream/crypto';
import { describe, expect, test } from 'vitest';
import { maskAction } from '../src/index.ts';
import { keys } from './mask-one.ts';

/** Numbers values in the order in which they come, and notes what it was asked. */
class CountingVault implements TokenVault {
  readonly asked: { path: string; shape: string; subject: string | undefined; value: string }[] =
    [];
  readonly #tokens = new Map<string, string>();
  readonly wants = false;

  token(
    { path, shape }: { path: string; shape: string },
    digest: string,
    subject: ByteRange | undefined,
    value: ByteRange,
  ): string {
    const textOf = ({ bytes, from, to }: ByteRange) => bytes.toString('utf8', from, to);
    this.asked.push({ path, shape, subject: subject && textOf(subject), value: textOf(value) });
    const token = this.#tokens.get(digest) ?? `tok_${this.#tokens.size}`;
    this.#tokens.set(digest, token);
    return token;
  }

  bring = async () => undefined;
}

function tokenise(
  text: string,
  source: Partial<KeySource>,
  { goesWithSubject = false, rule }: { goesWithSubject?: boolean; rule?: unknown } = {},
): string | undefined {
  const field = { dataset: 'people', path: '/x', goesWithSubject };
  const action = maskAction({ name: 'tokenise', parameters: rule }, field);
  if (action.does !== 'rewrite') throw new Error('no rewrite');
  const out = { bytes: Buffer.alloc(100), length: 0, reserve: () => undefined };
  const byte = (value: number) => void (out.bytes[out.length++] = value);
  // The text stands inside a larger buffer, as it does in a record.
  const bytes = Buffer.from(`"${text}"`);
  const sink = Object.assign(out, { byte, copy: () => undefined });
  const fit = action.rewrite(bytes, 1, bytes.length - 1, sink, { ...keys, ...source });
  return fit ? out.bytes.toString('latin1', 0, out.length) : undefined;
}

const about = (index: string) => ({
  record: {
    subject: { bytes: Buffer.from(index.padEnd(16, '.')), from: 0, to: 16 },
    source: { bytes: Buffer.alloc(16), from: 0, to: 16 },
  },
});

describe('tokenise', () => {
  test('puts what the vault has for the value in its place', () => {
    const vault = new CountingVault();
    const made = ['a', 'b', 'a'].map((text) => tokenise(text, { vault }));
    expect(made).toEqual(['tok_0', 'tok_1', 'tok_0']);
    expect(vault.asked[0]).toEqual({ path: '/x', shape: 'token', subject: undefined, value: 'a' });
    tokenise('a', { vault }, { rule: { shape: 'digits' } });
    expect(vault.asked.at(-1)).toMatchObject({ shape: 'digits' });
  });

  test('tells the values of subjects apart where they go with them, and only there', () => {
    const vault = new CountingVault();
    const own = ['one', 'other', 'one'].map((index) =>
      tokenise('a', { vault, ...about(index) }, { goesWithSubject: true }),
    );
    expect(own).toEqual(['tok_0', 'tok_1', 'tok_0']);
    const shared = ['one', 'other'].map((index) => tokenise('a', { vault, ...about(index) }));
    expect(shared).toEqual(['tok_2', 'tok_2']);
    expect(vault.asked.at(-1)?.subject).toBeUndefined();
  });

  test('passes nothing without a vault, without the subject that it needs, or of endless length', () => {
    const vault = new CountingVault();
    expect(() => tokenise('a', {})).toThrow(/VAULT_MISSING/);
    const bare = () => tokenise('a', { vault }, { goesWithSubject: true });
    expect(bare).toThrow(/RECORD_MISSING_FIELD/);
    expect(tokenise('x'.repeat(4097), { vault })).toBeUndefined();
    expect(tokenise('x'.repeat(4096), { vault })).toBe('tok_0');
  });

  test('of the same shape is for values of a million forms, of ASCII, and not of endless length', () => {
    const vault = new CountingVault();
    const same = (text: string) => tokenise(text, { vault }, { rule: { shape: 'same' } });
    for (const text of ['12345', '1234-5', 'ABCD', 'AB-12', '', '---', 'é123456', '１２３４５６'])
      expect(same(text)).toBeUndefined();
    for (const text of ['123456', '12-34-56', 'ABCDE', 'ABC12', 'AB-123x', '9'.repeat(64)])
      expect(same(text)).toBeDefined();
    expect(same('9'.repeat(65))).toBeUndefined();
    expect(vault.asked.at(-1)).toMatchObject({ shape: 'same', value: '9'.repeat(64) });
  });
});
