import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { MemoryKeys } from '../../crypto/test/memory-keys.ts';
import {
  maskAction,
  type Transform,
  TRANSFORM_NAMES,
  type TransformName,
  TRANSFORMS,
} from '../src/index.ts';
import { Written } from './mask-one.ts';

interface Case {
  readonly parameters?: unknown;
  readonly text: string;
  /** Why the outcome may be the input. */
  readonly mayBeEqual?: string;
}

/** One value that each transform treats; a new row of the table fails here until it has one. */
const CASES: Readonly<Record<Exclude<TransformName, Fixed>, Case>> = {
  partial: { parameters: { hideLast: 4 }, text: '123-45-6789' },
  hash: { text: 'alice@email.com' },
  generalise: { parameters: { bucket: 50 }, text: '123', mayBeEqual: 'a lower bound is its own' },
  keepDomain: { text: 'alice@email.com' },
  truncateIp: { text: '192.0.2.77', mayBeEqual: 'a network is its own' },
  fpe: { text: '4111111111111111' },
  scrub: { parameters: { with: 'token' }, text: 'to ann@example.org', mayBeEqual: 'none is found' },
  pseudonym: { parameters: { of: 'name' }, text: 'Alice Smith' },
  dateShift: { parameters: { days: 3000 }, text: '1985-02-28' },
  noise: { parameters: { within: 1e9 }, text: '1234', mayBeEqual: 'a draw may be zero' },
};
/** What rewrites nothing, and what draws from a vault and not from a key: that has tests of its own. */
type Fixed = 'keep' | 'redact' | 'drop' | 'null' | 'constant' | 'tokenise';
const names = Object.keys(CASES) as (keyof typeof CASES)[];

const stored = { AAAAAAAAAAAA: randomBytes(32) };
const others = { BBBBBBBBBBBB: randomBytes(32) };

interface Setting {
  readonly keys?: Readonly<Record<string, Buffer>>;
  readonly dataset?: string;
  readonly path?: string;
}

/** What a fresh action under fresh key memory makes of a value, as a restarted process would. */
function outcome(name: keyof typeof CASES, setting: Setting = {}): string {
  const { parameters, text } = CASES[name];
  const { dataset = 'people', keys = stored, path = '/x' } = setting;
  const whom = Buffer.from('ann');
  const subject = { text: { bytes: whom, from: 0, to: whom.length } };
  const action = maskAction({ name, parameters }, { dataset, path, subject });
  if (action.does !== 'rewrite') throw new Error(`${name} rewrites nothing`);
  const out = new Written();
  const bytes = Buffer.from(text);
  expect(action.rewrite(bytes, 0, bytes.length, out, new MemoryKeys(keys))).toBe(true);
  const made = out.bytes.toString('utf8', 0, out.length);
  // Postcondition: what is declared a number is one.
  if (action.output === 'number') expect(made).toMatch(/^-?\d+(\.\d+)?$/);
  return made;
}

const keyed = names.filter((name) => (TRANSFORMS[name] as Transform).purpose !== undefined);

describe('the table of transforms', () => {
  test('has a value here for each that rewrites', () => {
    const fixed = TRANSFORM_NAMES.filter((name) => !(name in CASES));
    expect(fixed.sort()).toEqual(['constant', 'drop', 'keep', 'null', 'redact', 'tokenise']);
    expect(keyed).toEqual(['hash', 'fpe', 'scrub', 'pseudonym', 'dateShift', 'noise']);
  });

  test.each(names)('%s gives the same after a restart, and not its input', (name) => {
    expect(outcome(name)).toBe(outcome(name));
    if (CASES[name].mayBeEqual === undefined) expect(outcome(name)).not.toBe(CASES[name].text);
  });

  test.each(keyed)('%s gives something else under another key, and for another dataset', (name) => {
    expect(outcome(name, { keys: others })).not.toBe(outcome(name));
    expect(outcome(name, { dataset: 'staff' })).not.toBe(outcome(name));
  });

  test.each(keyed.filter((name) => name !== 'dateShift'))(
    '%s gives something else in another field',
    (name) => {
      expect(outcome(name, { path: '/y' })).not.toBe(outcome(name));
    },
  );

  test.each(names.filter((name) => !keyed.includes(name)))('%s needs no key', (name) => {
    expect(outcome(name, { keys: {} })).toBe(outcome(name));
  });
});
