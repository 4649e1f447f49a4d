import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { emptyDir, EXAMPLE, sealstream } from './built-cli.ts';
import { ran } from './surroundings.ts';

const POLICY = ['--policy', join(EXAMPLE, 'sealstream.yaml'), '--dataset', 'people'];
const CSV = join(EXAMPLE, 'raw_data.csv');

function applyArgs(stage: string, ...more: string[]): string[] {
  return ['apply', '--stage', stage, ...POLICY, ...more];
}

test("masking the guide's example replaces each ssn's last four by XXXX and no other byte", async () => {
  const dir = emptyDir();
  const { err, exit, out } = await sealstream(applyArgs('mask', CSV), { cwd: dir });
  const expected = readFileSync(CSV, 'utf8').replaceAll(/(\d{3}-\d{2})-\d{4}/g, '$1-XXXX');
  expect(out.toString('utf8')).toBe(expected);
  expect(expected).toContain('Alice,Smith,123-45-XXXX,alice.smith@email.com');
  expect({ exit, err }).toEqual({ exit: 0, err: expect.stringMatching(/^next: /) });
  // Nothing here needs a key, so none is made.
  expect(existsSync(join(dir, '.sealstream'))).toBe(false);
});

test('a record keeps each byte but those of the ssn: number text, big integers, the line end', async () => {
  const dir = emptyDir();
  const policy = join(dir, 'sealstream.yaml');
  writeFileSync(
    policy,
    `version: 1
datasets:
  d:
    revision: 1
    fields:
      /a: { type: number, mask: keep }
      /big: { type: number, mask: keep }
      /ssn: { type: string, class: ssn, mask: { partial: { hideLast: 4 } } }
`,
  );
  const stdin = '{"a":1.0,"big":12345678901234567890,"ssn":"123-45-6789"}\n';
  const args = ['apply', '--stage', 'mask', '--policy', policy, '--dataset', 'd'];
  const { out } = await sealstream(args, { cwd: dir, stdin });
  expect(out.toString('utf8')).toBe(stdin.replace('45-6789', '45-XXXX'));
});

test('keyed masks give the same in every process with the same keyring', async () => {
  const dir = emptyDir();
  writeFileSync(
    join(dir, 'sealstream.yaml'),
    `version: 1
datasets:
  d:
    revision: 1
    subject: /id
    required: [/id]
    fields:
      /id: { type: string, class: uuid, mask: hash }
      /card: { type: string, mask: fpe, survivesShred: true, equalityOracle: { accepted: test } }
      /name: { type: string, mask: { pseudonym: { of: name } }, equalityOracle: { accepted: test } }
      /born: { type: string, mask: { dateShift: { days: 300 } } }
      /score: { type: number, mask: { noise: { within: 100000 } } }
`,
  );
  const stdin =
    '{"id":"7","card":"4111 1111 1111 1111","name":"Ann Lee","born":"1985-02-28","score":7}\n';
  const args = ['apply', '--stage', 'mask', '--dataset', 'd'];
  const [one, two] = [
    await sealstream(args, { cwd: dir, stdin }),
    await sealstream(args, { cwd: dir, stdin }),
  ];
  expect(one.exit).toBe(0);
  expect(two.out).toEqual(one.out);
  expect(one.out.toString()).not.toMatch(/"7"|4111|Ann Lee|1985-02-28/);
});

const INPUTS = {
  'the example': readFileSync(CSV),
  'CSV with CRLF, quotes, a byte order mark and no last line end': Buffer.from(
    '\ufefffirst_name,last_name,ssn,email,note\r\n' +
      '"Ann ""A""",O\'Hara,123-45-6789,"a@b.example","two\r\nlines, and a comma"\r\n' +
      'Bob,"",234-56-7890,b@c.example,',
  ),
  'NDJSON with odd spaces, number text, escapes and nested fields': Buffer.from(
    '{ "first_name":"Zo\\u00eb" , "last_name":"M", "ssn":"123-45-6789","email":"z@m.example",' +
      '"amount":12.30,"contacts":[{"email":"\\"q\\"@x.example"},{"email":"r@x.example"}]}\r\n' +
      '\n' +
      '{"first_name":"B","last_name":"C","ssn":"1","email":"e","phone":null,"amount":1e400}',
  ),
};

test.each(Object.entries(INPUTS))(
  'encrypt, then open, gives back byte for byte: %s',
  async (_, input) => {
    const dir = emptyDir();
    const sealed = await sealstream(applyArgs('encrypt'), { cwd: dir, stdin: input });
    expect(sealed).toMatchObject({ exit: 0 });
    expect(sealed.out.includes('123-45-6789')).toBe(false);
    expect(sealed.out.includes('ss1:')).toBe(true);
    const opened = await sealstream(applyArgs('open'), { cwd: dir, stdin: sealed.out });
    expect(opened.exit).toBe(0);
    expect(opened.out.equals(input)).toBe(true);
  },
);

test('two who encrypt at once for the first time end up with one keyring, which opens both', async () => {
  const dir = emptyDir();
  const both = await Promise.all(
    [1, 2].map(() => sealstream(applyArgs('encrypt', CSV), { cwd: dir })),
  );
  for (const { exit, out } of both) {
    expect(exit).toBe(0);
    const opened = await sealstream(applyArgs('open'), { cwd: dir, stdin: out });
    expect(opened.out.equals(readFileSync(CSV))).toBe(true);
  }
  expect(statSync(join(dir, '.sealstream/apply-keyring.json')).mode & 0o777).toBe(0o600);
});

test('opening never makes a keyring, and asks for one only when it meets a token', async () => {
  const dir = emptyDir();
  const plain = await sealstream(applyArgs('open'), { cwd: dir, stdin: '{"amount":12.30}\n' });
  expect({ exit: plain.exit, out: plain.out.toString() }).toEqual({
    exit: 0,
    out: '{"amount":12.30}\n',
  });
  const elsewhere = emptyDir();
  const { out } = await sealstream(applyArgs('encrypt', CSV), { cwd: elsewhere });
  const opened = await sealstream(applyArgs('open'), { cwd: dir, stdin: out });
  expect(opened).toMatchObject({ exit: 2, err: expect.stringContaining('KEY_FILE_MISSING') });
  expect(opened.out.includes('Alice')).toBe(false);
  expect(existsSync(join(dir, '.sealstream'))).toBe(false);
});

test('a keyring named with --keyring is used and never made', async () => {
  const dir = emptyDir();
  const made = await sealstream(applyArgs('encrypt', '--keyring', 'other.json', CSV), { cwd: dir });
  expect(made).toMatchObject({ exit: 2, err: expect.stringContaining('KEY_FILE_MISSING') });
  expect(existsSync(join(dir, 'other.json'))).toBe(false);
});

test('a keyring that others may read is refused', async () => {
  const dir = emptyDir();
  await sealstream(applyArgs('encrypt', CSV), { cwd: dir });
  chmodSync(join(dir, '.sealstream/apply-keyring.json'), 0o644);
  const { err, exit, out } = await sealstream(applyArgs('encrypt', CSV), { cwd: dir });
  expect({ exit, err }).toEqual({ exit: 2, err: expect.stringContaining('KEY_FILE_OPEN') });
  expect(out.includes('Alice')).toBe(false);
});

test('bad rows give nothing on stdout, their line and code on stderr, and exit 1 at the end', async () => {
  const canary = 'canary-987-65-4321';
  const input = [
    '{"first_name":"A","last_name":"B","ssn":"123-45-6789","email":"a@b.example"}',
    `{"first_name":"${canary}"`,
    `{"first_name":"A","last_name":"B","ssn":"${canary}","email":"e","extra":"${canary}"}`,
    `{"first_name":"A","last_name":"B","ssn":5,"email":"${canary}"}`,
    `{"first_name":"A","last_name":"B","ssn":"ss1:AAAAAAAAAAAA:${canary}","email":"e"}`,
    '{"first_name":"C","last_name":"D","ssn":"234-56-7890","email":"c@d.example"}',
  ].join('\n');
  const { err, exit, out } = await sealstream(applyArgs('mask'), { stdin: `${input}\n` });
  expect(exit).toBe(1);
  expect(out.toString().split('\n').filter(Boolean)).toEqual([
    '{"first_name":"A","last_name":"B","ssn":"123-45-XXXX","email":"a@b.example"}',
    '{"first_name":"C","last_name":"D","ssn":"234-56-XXXX","email":"c@d.example"}',
  ]);
  const lines = err.split('\n');
  expect(lines[0]).toMatch(/^-:2: RECORD_INVALID_JSON \(byte \d+\)$/);
  expect(lines[1]).toMatch(/^-:3: RECORD_UNKNOWN_FIELD/);
  expect(lines[2]).toMatch(/^-:4: RECORD_WRONG_TYPE \(\/ssn, byte \d+\)$/);
  expect(lines[3]).toMatch(/^-:5: RECORD_LOOKS_SEALED/);
  expect(err).not.toContain('canary');
  expect(err).toMatch(/next: [^\n]+\n$/);
});

test('with --json findings are objects on stderr and stdout stays the file', async () => {
  const { err, exit, out } = await sealstream([...applyArgs('mask'), '--json'], {
    stdin: '{"nope":1}\n',
  });
  expect({ exit, out: out.toString() }).toEqual({ exit: 1, out: '' });
  const [finding, , next] = err
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(finding).toMatchObject({ finding: { line: 1, code: 'RECORD_UNKNOWN_FIELD' } });
  expect(next).toHaveProperty('next');
});

test('--format wins over what the file looks like; leading blank lines do not hide a {', async () => {
  const json = '\n \n{"first_name":"A","last_name":"B","ssn":"123-45-6789","email":"e"}\n';
  const guessed = await sealstream(applyArgs('mask'), { stdin: json });
  expect(guessed.out.toString()).toBe(json.replace('6789', 'XXXX'));
  const told = await sealstream(applyArgs('mask', '--format', 'csv'), { stdin: json });
  expect(told.exit).toBe(1);
});

test('a reader that goes away ends the command quietly', async () => {
  const row = '{"first_name":"A","last_name":"B","ssn":"123-45-6789","email":"e"}\n';
  const { err, exit } = await sealstream(applyArgs('mask'), {
    stdin: row.repeat(100_000),
    closeEarly: true,
  });
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
});

test('a file of many times the buffer passes in order', { timeout: 60_000 }, async () => {
  const dir = emptyDir();
  const lines = Array.from({ length: 40_000 }, (_, n) => `F${n},L,123-45-6789,e${n}@x.example`);
  const file = join(dir, 'big.csv');
  writeFileSync(file, `first_name,last_name,ssn,email\n${lines.join('\n')}\n`);
  const { exit, out } = await ran(applyArgs('mask', file));
  expect(exit).toBe(0);
  const expected = readFileSync(file, 'utf8').replaceAll('-6789,', '-XXXX,');
  expect(out === expected).toBe(true);
});

test('a missing file, an unknown dataset and a bad policy exit with 2 and say what to mend', async () => {
  const missing = await ran(applyArgs('mask', 'no-such-file.csv'));
  expect(missing).toMatchObject({
    exit: 2,
    err: expect.stringMatching(/^FILE_UNREADABLE: .*no-such/),
  });
  const policy = join(EXAMPLE, 'sealstream.yaml');
  const dataset = await ran(['apply', '-s', 'mask', '-p', policy, '-d', 'peopel', CSV]);
  expect(dataset).toMatchObject({
    exit: 2,
    err: expect.stringMatching(/^POLICY_UNKNOWN_DATASET: .*people/),
  });
  const dir = emptyDir();
  const file = join(dir, 'bad.yaml');
  writeFileSync(file, 'version: 1\ndatasets:\n  people:\n    revison: 1\n');
  const bad = await ran(['apply', '-s', 'mask', '-p', file, '-d', 'people', CSV]);
  expect(bad.exit).toBe(2);
  expect(bad.err).toContain('bad.yaml:4:5: ');
  expect(bad.err).toMatch(/^POLICY_INVALID: /m);
});

test('an unknown SEALSTREAM_ setting is an error that names the near one', async () => {
  const { err, exit } = await ran(applyArgs('mask', CSV), {
    env: { SEALSTREAM_POLICY_FIEL: 'x.yaml' },
  });
  expect(exit).toBe(2);
  expect(err).toMatch(/SEALSTREAM_POLICY_FIEL: .*SEALSTREAM_POLICY_FILE/);
});
