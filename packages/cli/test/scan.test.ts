import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { passingKeyring } from '@sealstream/keyring';
import { PII_CLASS_NAMES } from '@sealstream/pii';
import { csvFile, ndjsonFile, parsePolicy, Tally } from '@sealstream/policy';

import { draftFields } from '../src/draft-fields.ts';
import { emptyDir, EXAMPLE, sealstream } from './built-cli.ts';
import { ran } from './surroundings.ts';

const CSV = join(EXAMPLE, 'raw_data.csv');
const POLICY = ['--policy', join(EXAMPLE, 'sealstream.yaml'), '--dataset', 'people'];

interface Scanned {
  readonly path: string;
  readonly values: number;
  readonly classes: readonly { readonly class: string; readonly values: number }[];
  readonly inside: readonly { readonly class: string }[];
  readonly isPersonal: boolean;
  readonly mask?: string;
  readonly finding?: string;
}

async function scanned(sample: string, ...argv: string[]) {
  const { exit, out, err } = await ran(['scan', '--json', ...argv], { stdin: sample });
  const rows = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Scanned);
  return { exit, err, out, rows: new Map(rows.slice(0, -1).map((row) => [row.path, row])) };
}

/** Each record of a different person; every value is one that nobody has. */
const PEOPLE = Array.from({ length: 20 }, (_, n) => ({
  card: '4111 1111 1111 1111',
  contact: { email: `ann.lee${n}@mail.example.com`, phone: `(212) 555-01${10 + n}` },
  ssn: `219-09-99${10 + n}`,
  born: `19${60 + n}-02-17`,
  ip: `192.0.2.${n}`,
  zip: `021${10 + n}`,
  note: `She said: write to bob${n}@mail.example.com before Friday, please.`,
  amount: n * 1.25,
  active: n % 2 === 0,
  orders: [{ ip: '198.51.100.7' }, { ip: '198.51.100.8' }],
  nothing: null,
}));
const NDJSON = PEOPLE.map((one) => `${JSON.stringify(one)}\n`).join('');

describe('what a sample is', () => {
  test('tells of each path how many values look like which class, with scores, and no value', async () => {
    const { exit, out, rows } = await scanned(NDJSON);
    expect(exit).toBe(0);
    const classes = (path: string) =>
      rows.get(path)?.classes.map((found) => [found.class, found.values]);
    expect(classes('/card')).toEqual([['card', 20]]);
    expect(classes('/contact/email')).toEqual([['email', 20]]);
    expect(classes('/ssn')).toEqual([['ssn', 20]]);
    expect(classes('/born')).toEqual([['date', 20]]);
    expect(classes('/orders/*/ip')).toEqual([['ip', 40]]);
    expect(rows.get('/note')).toMatchObject({ values: 20, isPersonal: true });
    expect(rows.get('/note')?.inside.map((found) => found.class)).toContain('email');
    expect(rows.get('/amount')).toMatchObject({ values: 20, isPersonal: false });
    expect(rows.get('/nothing')).toMatchObject({ values: 0 });
    for (const value of ['ann.lee', '219-09', '4111', '192.0.2', 'bob', '555-01'])
      expect(out).not.toContain(value);
  });

  test('reads CSV by its header, doubled quotes and empty cells as what they stand for', async () => {
    const csv =
      'name,"e ""mail"""\r\n"Smith, Ann",ann@mail.example.com\r\n,bob@mail.example.com\r\n';
    const { rows } = await scanned(csv);
    expect(rows.get('/name')?.values).toBe(1);
    expect(rows.get('/e "mail"')?.classes).toMatchObject([{ class: 'email', values: 2 }]);
  });

  test('bad lines are told with their place and left out', async () => {
    const { err, exit, rows } = await scanned('{"a":"Canary"}\n{"a":Canary\n[1]\n{"a":"x"}\n');
    expect(exit).toBe(0);
    expect(rows.get('/a')?.values).toBe(2);
    expect(err.match(/RECORD_INVALID_JSON/g)).toHaveLength(2);
    expect(err).not.toContain('Canary');
    const csv = await ran(['scan'], { stdin: 'a,b\n1\n1,2\n' });
    expect(csv).toMatchObject({ exit: 0, err: expect.stringMatching(/^-:2: RECORD_INVALID_CSV/) });
  });

  test('a name that looks like a value is never shown: its object is a map, and its members are *', async () => {
    const lines = Array.from({ length: 3 }, (_, n) =>
      JSON.stringify({ known: { age: 30 + n, [`ann${n}@mail.example.com`]: { ip: '192.0.2.1' } } }),
    );
    const { out, rows } = await scanned(lines.join('\n'));
    expect(out).not.toContain('ann');
    expect([...rows.keys()]).toEqual(['/known/*']);
  });

  test('an object with more names than fields have is a map, so that memory stays bounded', async () => {
    const lines = Array.from({ length: 5000 }, (_, n) => `{"by":{"k${n}":{"x":${n}}}}`);
    const { rows } = await scanned(lines.join('\n'));
    expect([...rows.values()].map(({ path, values }) => [path, values])).toEqual([
      ['/by/*/x', 5000],
    ]);
  });

  test('a number is no national number because its field is named id', async () => {
    const { rows } = await scanned('{"id":"x1001"}\n{"id":"x1002"}\n');
    expect(rows.get('/id')).toMatchObject({ isPersonal: false });
  });

  test('--max ends after so many records', async () => {
    const { rows } = await scanned(NDJSON, '--max', '7');
    expect(rows.get('/ssn')?.values).toBe(7);
  });
});

describe('with a policy', () => {
  test('what looks personal and is kept is a finding, and rules that are never met are told', async () => {
    const { exit, out, err } = await ran(['scan', CSV, ...POLICY]);
    expect(exit).toBe(1);
    expect(out).toMatch(/^\/email +5 +email 5 \(98\) +keep +seal +kept on masked$/m);
    expect(out).toMatch(/^\/ssn +5 +ssn 5 \(\d+\) +partial \{.*\} +seal$/m);
    expect(err).toMatch(/^the sample never meets \/phone, .*\/contacts\/\*\/email$/m);
  });

  test('what looks personal and is not named is a finding; what is no person has is none', async () => {
    const { exit, rows } = await scanned(
      '{"ssn":"219-09-9910","contact":"a@mail.example.com","amount":2.5,"size":"large"}\n',
      ...POLICY,
    );
    expect(exit).toBe(1);
    expect([...rows.values()].map(({ finding, mask, path }) => [path, finding, mask])).toEqual([
      ['/ssn', undefined, 'partial {"hideLast":4}'],
      ['/contact', 'not named', undefined],
      ['/amount', undefined, 'generalise {"bucket":50}'],
      ['/size', undefined, undefined],
    ]);
  });

  test('what is masked and sealed is no finding, also in a field that is treated whole', async () => {
    const policy = join(emptyDir(), 'p.yaml');
    writeFileSync(
      policy,
      'version: 1\ndatasets:\n  d:\n    revision: 1\n    fields:\n      /contact: { type: object }\n',
    );
    const sample = '{"contact":{"email":"a@mail.example.com"}}\n';
    expect(await ran(['scan', '--policy', policy], { stdin: sample })).toMatchObject({ exit: 0 });
    const kept = readFileSync(policy, 'utf8').replace(
      'type: object',
      'type: object, encrypt: keep',
    );
    writeFileSync(policy, kept);
    const { exit, out } = await ran(['scan', '--policy', policy], { stdin: sample });
    expect({ exit, out }).toEqual({ exit: 1, out: expect.stringContaining('kept on encrypted') });
  });
});

describe('a draft policy', () => {
  test('gives every class that was found its mask, and passes validate', async () => {
    const out = join(emptyDir(), 'draft.yaml');
    const { exit } = await ran(['scan', '--dataset', 'people', '--out', out], { stdin: NDJSON });
    expect(exit).toBe(0);
    expect(await ran(['validate', out])).toMatchObject({ exit: 0 });
    const lines = readFileSync(out, 'utf8').match(/^ {6}\/.*$/gm);
    const rule = (path: string) => lines?.find((line) => line.startsWith(`      ${path}:`));
    expect(rule('/card')).toContain(
      'class: card, mask: { partial: { keepFirst: 6, keepLast: 4 } }, encrypt: seal',
    );
    expect(rule('/ssn')).toContain('class: ssn, mask: { partial: { hideLast: 4 } }, encrypt: seal');
    expect(rule('/contact/email')).toContain('class: email, mask: keepDomain');
    expect(rule('/contact/phone')).toContain('class: phone, mask: { partial: { keepLast: 4 } }');
    expect(rule('/born')).toContain('class: date, mask: { generalise: { date: year } }');
    expect(rule('/orders/*/ip')).toContain('class: ip, mask: truncateIp');
    expect(rule('/zip')).toContain('class: zip, mask: { generalise: { zip: 3 } }');
    expect(rule('/note')).toContain('class: text, mask: redact');
    expect(rule('/amount')).toContain('{ type: number, mask: redact, encrypt: seal }');
  });

  test('masks each class as docs/policy.md says, and redacts all others', () => {
    const docs = readFileSync(join(EXAMPLE, '../../docs/policy.md'), 'utf8');
    const section = docs.slice(docs.indexOf('## A draft from a sample'));
    const rows = section
      .slice(0, section.indexOf('\n## ', 1))
      .matchAll(/^\| `(.+)` \| `(.+)` \|$/gm);
    const shown = new Map(Array.from(rows, ([, name, mask]) => [name, mask]));
    for (const name of PII_CLASS_NAMES) {
      const found = { class: name, values: 1, score: 90 };
      const path = { path: '/a', steps: ['a'], types: ['string'], values: 1 } as const;
      const drafted = draftFields([{ ...path, classes: [found], inside: [], unfit: [] }]);
      expect(drafted.map(({ mask }) => mask)).toEqual([shown.get(name)]);
      shown.delete(name);
    }
    expect([...shown]).toEqual([]);
  });

  test.each([
    ['NDJSON', NDJSON],
    ['CSV', readFileSync(CSV, 'utf8')],
    [
      'values around which something stands, and dates and codes of other forms',
      [
        '192.168.100.100/24',
        'fe80::1%eth0',
        '<ann.lee@mail.example.com>',
        '17 May 1985',
        'SW1A 1AA',
      ]
        .map((value) => `${JSON.stringify({ ip: value, email: value, born: value, zip: value })}\n`)
        .join(''),
    ],
    ['numbers', '{"zip":2139,"card":4111111111111111,"phone":2125550110}\n'],
  ])('refuses nothing of the sample it was made from: %s', async (_, sample) => {
    const out = join(emptyDir(), 'draft.yaml');
    await ran(['scan', '--dataset', 'd', '--out', out], { stdin: sample });
    const dataset = parsePolicy(readFileSync(out, 'utf8'), out).datasets.get('d');
    if (dataset === undefined) throw new Error('the draft has no dataset d');
    const treat = sample.startsWith('{') ? ndjsonFile : csvFile;
    const keys = passingKeyring({ allowUnlocked: true });
    for (const stage of ['mask', 'encrypt'] as const) {
      const work = treat(dataset, stage, keys, new Tally());
      const [first, last] = [work.write(Buffer.from(sample)), work.end()];
      expect([...first.findings, ...last.findings]).toEqual([]);
      expect(first.records + last.records).toBeGreaterThan(0);
    }
  });

  test('hides whole what is not in every value of its class', async () => {
    const out = join(emptyDir(), 'draft.yaml');
    const stdin = '{"a":"a@mail.example.com"}\n{"a":"none, call (her) first"}\n';
    await ran(['scan', '--dataset', 'd', '--out', out], { stdin });
    expect(readFileSync(out, 'utf8')).toContain('/a: { type: string, class: email, mask: redact');
  });

  test('is never written over a file that is there', async () => {
    const out = join(emptyDir(), 'draft.yaml');
    writeFileSync(out, 'mine');
    const { err, exit } = await ran(['scan', CSV, '--out', out]);
    expect({ exit, err }).toEqual({ exit: 2, err: expect.stringMatching(/^FILE_EXISTS/) });
    expect(readFileSync(out, 'utf8')).toBe('mine');
  });
});

test('a file and a topic at once, and a topic without brokers, are refused', async () => {
  expect(await ran(['scan', CSV, '--topic', 'raw.people'])).toMatchObject({
    exit: 2,
    err: expect.stringMatching(/^USAGE: .*one of them/),
  });
  expect(await ran(['scan', '--topic', 'raw.people'])).toMatchObject({ exit: 3 });
});

test('a file of many times the buffer is looked at in one pass', { timeout: 60_000 }, async () => {
  const file = join(emptyDir(), 'big.ndjson');
  writeFileSync(file, NDJSON.repeat(300));
  const { exit, out } = await sealstream(['scan', file], {
    env: { NODE_OPTIONS: '--max-old-space-size=64' },
  });
  expect({ exit, out: out.toString() }).toEqual({
    exit: 0,
    out: expect.stringContaining('6000 records'),
  });
});
