import { describe, expect, test } from 'vitest';
import { maskAction, type Transform, TRANSFORM_NAMES, TRANSFORMS } from '../src/index.ts';
import { maskOne } from './mask-one.ts';

const field = { dataset: 'people', path: '/x' };

describe('the table of transforms', () => {
  test('each fixed transform puts the same in the place of every value', () => {
    const fixed = (name: 'redact' | 'null', parameters?: unknown) =>
      maskAction({ name, parameters }, field);
    expect(fixed('redact')).toEqual({ does: 'fixed', value: '[redacted]' });
    expect(fixed('null')).toEqual({ does: 'fixed', value: null });
    expect(maskAction({ name: 'constant', parameters: 7 }, field)).toEqual({
      does: 'fixed',
      value: 7,
    });
    expect(maskAction({ name: 'keep', parameters: undefined }, field)).toEqual({ does: 'keep' });
    expect(maskAction({ name: 'drop', parameters: undefined }, field)).toEqual({ does: 'drop' });
  });

  test('hash gives 22 characters of base64url, equal for equal values only', () => {
    const first = maskOne('hash', undefined, 'alice@email.com');
    expect(first).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(maskOne('hash', {}, 'alice@email.com')).toBe(first);
    expect(maskOne('hash', {}, 'bob@email.com')).not.toBe(first);
    expect(maskOne('hash', {}, '')).toHaveLength(22);
  });

  test('every row says what it keeps, and only keyed ones preserve equality', () => {
    for (const name of TRANSFORM_NAMES) {
      const transform: Transform = TRANSFORMS[name];
      expect(transform.keeps).not.toBe('');
      expect(transform.types.length).toBeGreaterThan(0);
      expect(transform.bare || transform.takesParameters).toBe(true);
      if (name === 'hash' || transform.reversible) expect(transform.purpose).toBeDefined();
    }
  });

  test('parameters that are not of the form are refused', () => {
    expect(() => maskAction({ name: 'partial', parameters: { hideLast: -1 } }, field)).toThrow();
    expect(() => maskAction({ name: 'partial', parameters: { with: 'XX' } }, field)).toThrow();
    expect(() => maskAction({ name: 'generalise', parameters: { bucket: 0 } }, field)).toThrow();
    expect(() => maskAction({ name: 'constant', parameters: null }, field)).toThrow();
    expect(() => maskAction({ name: 'redact', parameters: {} }, field)).toThrow();
  });
});
