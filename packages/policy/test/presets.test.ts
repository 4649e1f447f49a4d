import { describe, expect, test } from 'vitest';
import { explain, parsePolicy, PRESETS, VALUE_CLASSES } from '../src/index.ts';
import { datasetWith } from './people.ts';

const ACCEPTED = 'equalityOracle: { accepted: only ingest writes raw }';

const field = (presets: string, rules: string) =>
  datasetWith(`/a: { type: string, ${rules} }`, `    presets: [${presets}]\n`).fields[0];

function problemsOf(presets: string, rules: string, more = ''): string[] {
  try {
    datasetWith(`/a: { type: string, ${rules} }`, `    presets: [${presets}]\n${more}`);
    return [];
  } catch (error) {
    return (
      error as { problems: { line: number; column: number; message: string }[] }
    ).problems.map(({ column, line, message }) => `${line}:${column} ${message}`);
  }
}

describe('a field with a class and no mask', () => {
  test.each([
    ['pci', 'class: card', 'partial', { keepFirst: 6, keepLast: 4 }, 'seal'],
    ['pci', 'class: security-code', 'drop', undefined, 'drop'],
    ['hipaa-safe-harbor', 'class: zip', 'generalise', { zip: 3 }, 'seal'],
    ['hipaa-safe-harbor', 'class: date', 'generalise', { date: 'year' }, 'seal'],
    ['hipaa-safe-harbor', 'class: email', 'redact', undefined, 'seal'],
    ['gdpr-pseudonymise', `class: name, ${ACCEPTED}`, 'pseudonym', { of: 'name' }, 'seal'],
    ['gdpr-pseudonymise', 'class: email', 'hash', undefined, 'seal'],
    // The first of its masks that both let pass.
    ['gdpr-pseudonymise, hipaa-safe-harbor', 'class: email', 'redact', undefined, 'seal'],
    ['pci, hipaa-safe-harbor', 'class: card', 'redact', undefined, 'seal'],
  ])('under %s, %s: %s', (presets, rules, name, parameters, encrypt) => {
    expect(field(presets, rules)).toMatchObject({ mask: { name, parameters }, encrypt });
  });

  test('explain says which preset gave the mask, and says so of no other field', () => {
    const dataset = datasetWith(
      '/a: { type: string, class: zip }\n/b: { type: string, class: zip, mask: redact }\n/c: { type: string }',
      '    presets: [hipaa-safe-harbor]\n',
    );
    const masked = explain(dataset).filter(
      ({ path, topic }) => topic === 'masked.d' && path[0] === '/',
    );
    expect(masked.map(({ path, preset }) => [path, preset])).toEqual([
      ['/a', 'hipaa-safe-harbor'],
      ['/b', undefined],
      ['/c', undefined],
    ]);
  });

  test('explain says so as well of what a preset does on encrypted', () => {
    const [masked, encrypted] = explain(
      datasetWith('/a: { type: string, class: security-code }', '    presets: [pci]\n'),
      '/a',
    );
    expect(masked).toMatchObject({ treatment: 'drop', preset: 'pci' });
    expect(encrypted).toMatchObject({ treatment: 'drop', preset: 'pci' });
  });

  test('is redacted where the mask does not go with its type', () => {
    const { fields } = datasetWith(
      '/a: { type: number, class: date }\n/b: { type: number, class: age }',
      '    presets: [hipaa-safe-harbor]\n',
    );
    expect(fields.map(({ mask }) => mask.name)).toEqual(['redact', 'generalise']);
  });

  test('has the same hash as one that writes the same mask out', () => {
    const rules = 'class: zip, mask: { generalise: { zip: 3 } }';
    const given = datasetWith(
      '/a: { type: string, class: zip }',
      '    presets: [hipaa-safe-harbor]\n',
    );
    expect(given.sha256).toBe(datasetWith(`/a: { type: string, ${rules} }`).sha256);
  });
});

describe('what a preset forbids is an error with line and column', () => {
  test.each([
    ['pci', 'class: card, mask: keep', '7:46 pci forbids keep on a field of class card'],
    ['pci', 'class: card, mask: hash', 'hash on so few possible values'],
    ['pci', 'class: card, mask: { partial: { hideLast: 4 } }', 'pci forbids partial'],
    [
      'pci',
      'class: card, mask: { partial: { keepLast: 5 } }',
      'pci forbids partial {"keepLast":5}',
    ],
    [
      'pci',
      'class: card, encrypt: keep',
      '7:49 pci forbids keep on a field of class card: write seal',
    ],
    [
      'pci',
      'class: security-code, encrypt: seal',
      'pci forbids seal on a field of class security-code',
    ],
    ['pci', 'class: security-code, mask: keep', 'it lets pass nothing, not even sealed'],
    ['hipaa-safe-harbor', 'class: ssn, mask: { partial: { keepLast: 4 } }', 'forbids partial'],
    ['hipaa-safe-harbor', 'class: email, mask: hash', 'hipaa-safe-harbor forbids hash'],
    ['hipaa-safe-harbor', 'class: zip, mask: { partial: { keepFirst: 3 } }', 'forbids partial'],
    [
      'hipaa-safe-harbor',
      'class: date, mask: { generalise: { date: month } }',
      'forbids generalise',
    ],
    ['hipaa-safe-harbor', 'class: date, encrypt: keep', 'forbids keep on a field of class date'],
    [
      'gdpr-pseudonymise',
      'class: name',
      'pseudonym, by gdpr-pseudonymise, on so few possible values',
    ],
    ['gdpr-pseudonymise', 'class: email, mask: keep', 'gdpr-pseudonymise forbids keep'],
    ['gdpr-pseudonymise', 'class: phone, mask: { fpe: { keepLast: 4 } }', 'forbids fpe'],
    [
      'pcii',
      'class: card',
      '5:15 this must be one of pci, hipaa-safe-harbor, gdpr-pseudonymise; did you',
    ],
    ['pci, pci', 'class: card', '5:20 presets names pci twice'],
  ])('%s: %s', (presets, rules, problem) => {
    expect(problemsOf(presets, rules).join('\n')).toContain(problem);
  });

  test('a card number that only its name tells is one, too', () => {
    const text =
      'version: 1\ndatasets:\n  d:\n    revision: 1\n    presets: [pci]\n    fields:\n' +
      '      /card_number: { type: string, mask: keep }\n';
    expect(() => parsePolicy(text, 'p')).toThrow(
      /7:43: \/card_number: pci forbids keep on what its name says/,
    );
  });

  test.each([
    ['{ partial: { keepLast: 4 } }', '/a has another: partial {"keepFirst":6,"keepLast":4}'],
    [`hash, ${ACCEPTED}`, '/a has another'],
    ['redact', undefined],
    ['{ partial: { keepFirst: 6, keepLast: 4, with: "*" } }', undefined],
  ])(
    'pci wants one form of card numbers in a dataset; beside first 6 and last 4: %s',
    (mask, problem) => {
      const read = (presets: string) =>
        datasetWith(
          `/a: { type: string, class: card, mask: { partial: { keepFirst: 6, keepLast: 4 } } }
        /b: { type: string, class: card, mask: ${mask} }`,
          presets,
        );
      if (problem === undefined) expect(() => read('    presets: [pci]\n')).not.toThrow();
      else expect(() => read('    presets: [pci]\n')).toThrow(problem);
      expect(() => read('')).not.toThrow();
    },
  );

  test.each([
    [
      'hipaa-safe-harbor',
      '{ mask: keep, class: uuid }',
      'hipaa-safe-harbor forbids to keep a key of class uuid',
    ],
    ['gdpr-pseudonymise', '{ encrypt: keep, class: uuid }', 'forbids to keep a key of class uuid'],
    [
      'hipaa-safe-harbor',
      '{ class: uuid }',
      'hipaa-safe-harbor forbids hash on a key of class uuid',
    ],
    ['hipaa-safe-harbor', '{ class: uuid, mask: drop }', undefined],
    ['gdpr-pseudonymise', '{ class: uuid }', undefined],
    ['pci', '{ class: uuid, mask: keep }', undefined],
  ])('of the record key, under %s: %s', (presets, key, problem) => {
    const problems = problemsOf(presets, 'class: category', `    key: ${key}\n`);
    expect(problems).toEqual(problem === undefined ? [] : [expect.stringContaining(problem)]);
  });

  test('a key without a class is a warning where it is kept, and under HIPAA where it is hashed', () => {
    const warnings = (presets: string, key: string) =>
      parsePolicy(
        `version: 1\ndatasets:\n  d:\n    revision: 1\n    presets: [${presets}]\n    key: ${key}\n` +
          '    fields: { /a: { type: string } }\n',
        'p',
      ).warnings.map(({ message }) => message);
    expect(warnings('pci', '{ mask: keep }')).toEqual([
      'the key is kept without a class, so pci cannot check it: name its class, or drop it',
    ]);
    expect(warnings('pci, hipaa-safe-harbor', '{ mask: hash }')).toEqual([
      'the key is hashed on masked without a class, so hipaa-safe-harbor cannot check it: name its class, or drop it',
    ]);
    expect(warnings('pci, hipaa-safe-harbor', '{ mask: drop }')).toEqual([]);
    expect(warnings('gdpr-pseudonymise', '{}')).toEqual([]);
  });

  test.each([
    ['pci', `class: card, mask: hash, ${ACCEPTED}`],
    ['pci', `class: card, mask: { fpe: { keepFirst: 6 } }, ${ACCEPTED}`],
    ['hipaa-safe-harbor', 'class: state, mask: keep, encrypt: keep'],
    ['hipaa-safe-harbor', 'class: ssn, mask: { constant: gone }'],
    ['gdpr-pseudonymise', `class: phone, mask: fpe, ${ACCEPTED}`],
    ['gdpr-pseudonymise', 'class: email, mask: keepDomain'],
  ])('%s lets pass: %s', (presets, rules) => {
    expect(problemsOf(presets, rules)).toEqual([]);
  });
});

test('a field that is kept without a class is a warning, since no preset can check it', () => {
  const text =
    'version: 1\ndatasets:\n  d:\n    revision: 1\n    presets: [pci]\n    fields:\n' +
    '      /a: { type: string, mask: keep }\n';
  expect(parsePolicy(text, 'p').warnings).toMatchObject([
    { line: 7, path: '/a', message: 'kept without a class, so pci cannot check it' },
  ]);
  expect(parsePolicy(text.replace('    presets: [pci]\n', ''), 'p').warnings).toEqual([]);
});

test('no preset lets any class that it names be kept, nor the identifiers of HIPAA be told apart', () => {
  for (const preset of Object.values(PRESETS))
    for (const row of Object.values(preset)) expect(row.also).not.toHaveProperty('keep');
  for (const { also } of Object.values(PRESETS['hipaa-safe-harbor']))
    expect(Object.keys(also).every((name) => name === 'generalise')).toBe(true);
  const free = Object.keys(VALUE_CLASSES).filter(
    (name) => !Object.hasOwn(PRESETS['hipaa-safe-harbor'], name),
  );
  expect(free).toEqual(['amount', 'category', 'country', 'organisation', 'period', 'state']);
});

describe('what a preset forbids', () => {
  const groups = (presets: string, rule: string, how: string) => {
    const fields = `/id: { type: string, mask: redact }\n/a: { type: string, ${rule} }`;
    const rules = `${presets}    key: { mask: drop }\n    subject: /id\n    required: [/id, /a]\n${how}`;
    try {
      datasetWith(fields, rules);
      return '';
    } catch (error) {
      return String(error);
    }
  };
  const shown = (where: string) => `    kAnonymity: { k: 2, delay: 10s, ${where} }\n`;
  const sensitive = shown('quasiIdentifiers: { /b: { from: 0, to: 9 } }, sensitive: [/a]');

  test('is shown by no group either', () => {
    expect(groups('    presets: [hipaa-safe-harbor]\n', 'class: ssn', sensitive)).toContain(
      'hipaa-safe-harbor says what may be seen of a ssn: no group can show it',
    );
    expect(groups('', 'class: card', sensitive)).toContain('no group can show a card number');
    expect(groups('', 'class: ssn', sensitive)).not.toContain('no group can show');
  });

  test.each(['email', 'iban', 'passport', 'url'])(
    'fpe of digits alone leaves the letters of class %s in clear, and is refused',
    (name) => {
      const rules = `class: ${name}, mask: fpe, ${ACCEPTED}`;
      expect(problemsOf('gdpr-pseudonymise', rules).join()).toContain('gdpr-pseudonymise');
    },
  );

  test('fpe of letters and digits, or of what is digits, passes', () => {
    const letters = `class: iban, mask: { fpe: { alphabet: alphanumeric } }, ${ACCEPTED}`;
    expect(problemsOf('gdpr-pseudonymise', letters)).toEqual([]);
    expect(problemsOf('gdpr-pseudonymise', `class: phone, mask: fpe, ${ACCEPTED}`)).toEqual([]);
  });
});
