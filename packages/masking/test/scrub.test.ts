import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskOne } from './mask-one.ts';

const scrubbed = (text: string, rule?: object) => maskOne('scrub', rule, text) ?? 'unfit';
const NOTE =
  'Call Ann Lee at 212-555-0147 or ann.lee@example.org; SSN 123-45-6789, card 4111 1111 1111 1111.';

describe('scrub', () => {
  test.each([
    ['4111 1111 1111 1111@host.org', '[email]'],
    ['pay ann.4111 1111 1111 1111@host.org now', 'pay ann.[email] now'],
    ['DE89 3704 0044 0532 0130 00@host.org', '[email]'],
    ['4111 1111 1111 1111/2024-01-02', '[card]/[date]'],
    ['see http://x.org/4111 1111 1111 1111', 'see [card]'],
  ])(
    'leaves no digit of a card or account that another finding reaches into: %s',
    (text, clean) => {
      expect(scrubbed(text)).toBe(clean);
    },
  );

  test('puts its class in the place of each finding, and leaves all else as it was', () => {
    expect(scrubbed(NOTE)).toBe('Call Ann Lee at [phone] or [email]; SSN [ssn], card [card].');
    expect(scrubbed('nothing to see')).toBe('nothing to see');
    expect(scrubbed('')).toBe('');
  });

  test('looks for what it is told to', () => {
    expect(scrubbed(NOTE, { classes: ['ssn', 'name'] })).toBe(
      'Call [name] at 212-555-0147 or ann.lee@example.org; SSN [ssn], card 4111 1111 1111 1111.',
    );
  });

  test('as tokens, equal findings become equal and different ones do not', () => {
    const rule = { with: 'token' };
    const [one, same, other] = ['a@b.org', 'a@b.org', 'c@b.org'].map((mail) =>
      scrubbed(`to ${mail}!`, rule),
    );
    expect(one).toMatch(/^to \[email:[\w-]{8}\]!$/);
    expect(same).toBe(one);
    expect(other).not.toBe(one);
    expect(scrubbed('c@b.org or a@b.org', rule)).toBe(
      `${other.slice(3, -1)} or ${one.slice(3, -1)}`,
    );
  });

  test('leaves no planted number behind, wherever it stands in a text', () => {
    const around = fc.stringMatching(/^[a-zé ,.;]{0,40}$/);
    fc.assert(
      fc.property(around, around, (before, after) => {
        const text = scrubbed(`${before} 4111-1111-1111-1111 ${after}`);
        expect(text).not.toContain('1111');
        expect(text).toContain('[card]');
        expect(text.startsWith(before)).toBe(true);
      }),
    );
  });
});
