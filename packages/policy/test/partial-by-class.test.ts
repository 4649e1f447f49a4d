import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type ClassName,
  explain,
  formatProblem,
  maskPlan,
  parsePolicy,
  PolicyError,
  Tally,
  VALUE_CLASSES,
} from '../src/index.ts';
import { datasetWith } from './people.ts';
import { TestKeys } from './test-keys.ts';

const text = (rule: string, more = '') =>
  `version: 1\ndatasets:\n  d:\n    revision: 1\n${more}    fields:\n      /a: { type: string, ${rule} }\n`;

function problems(rule: string, more = ''): string[] {
  try {
    parsePolicy(text(rule, more), 'p.yaml');
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(PolicyError);
    return (error as PolicyError).problems.map(formatProblem);
  }
}

const STANDARD: Partial<Record<ClassName, readonly [value: string, becomes: string]>> = {
  card: ['4111 1111 1111 1234', '4111 11XX XXXX 1234'],
  ssn: ['123-45-6789', '123-45-XXXX'],
  phone: ['+1 212 555 0100', '+X XXX XXX 0100'],
  iban: ['DE44 5001 0517 5407 3249 31', 'XXXX XXXX XXXX XXXX XX49 31'],
  account: ['00123456', 'XXXX3456'],
};
const classes = Object.keys(VALUE_CLASSES) as ClassName[];
const others = classes.filter((name) => STANDARD[name] === undefined);

describe('mask: partial alone', () => {
  test.each(Object.entries(STANDARD))('of class %s makes of %j', (name, [value, becomes]) => {
    const dataset = datasetWith(`/a: { type: string, class: ${name}, mask: partial }`);
    const record = Buffer.from(JSON.stringify({ a: value }));
    const made = maskPlan(dataset).apply(record, new TestKeys(), new Tally());
    expect(made.ok && String(made.value)).toBe(JSON.stringify({ a: becomes }));
  });

  test.each(others)('of class %s is an error that names what fits', (name) => {
    const [problem, ...more] = problems(`class: ${name}, mask: partial`);
    expect(more).toEqual([]);
    expect(problem).toMatch(/^p\.yaml:6:\d+: \/a: nothing is standard to show of class /);
    const [, instead = ''] = /: write (.*), or say/.exec(problem ?? '') ?? [];
    // What the error names is a mask; that of many equal values wants its oracle accepted.
    const type = name === 'age' ? 'type: number' : 'type: string';
    const accepted = instead.includes('pseudonym') ? ', equalityOracle: { accepted: a test }' : '';
    const policy = text(`class: ${name}, mask: ${instead}${accepted}`).replace(
      'type: string',
      type,
    );
    expect(() => parsePolicy(policy, 'p.yaml')).not.toThrow();
  });

  test('without a class is an error that asks for one', () => {
    expect(problems('mask: partial')).toEqual([
      'p.yaml:6:33: /a: partial alone goes by the class of the field: declare one, or write ' +
        '{ partial: { hideLast: 4 } }',
    ]);
  });

  test('is the rule that it stands for: in explain, in the hash, for presets and warnings', () => {
    const written = datasetWith(
      '/a: { type: string, class: card, mask: { partial: { keepFirst: 6, keepLast: 4 } } }',
    );
    const named = datasetWith('/a: { type: string, class: card, mask: partial }');
    expect(named.sha256).toBe(written.sha256);
    expect(explain(named, '/a')).toEqual(explain(written, '/a'));
    expect(explain(named, '/a')[0]?.treatment).toBe('partial {"keepFirst":6,"keepLast":4}');
    expect(problems('class: card, mask: partial', '    presets: [pci]\n')).toEqual([]);
    expect(problems('class: ssn, mask: partial', '    presets: [hipaa-safe-harbor]\n')).toEqual([
      expect.stringContaining('hipaa-safe-harbor forbids partial {"hideLast":4}'),
    ]);
    const { warnings } = parsePolicy(text('class: ssn, mask: partial'), 'p.yaml');
    expect(warnings.map(({ message }) => message)).toEqual([
      'keeps 5 of about 9 characters, more than half',
    ]);
  });

  test('goes by the class of a header and of the key as well', () => {
    const dataset = datasetWith(
      '/a: { type: string }',
      '    headers: { x: { class: phone, mask: partial } }\n' +
        '    key: { class: iban, mask: partial, encrypt: drop }\n',
    );
    const rules = [dataset.headers[0]?.mask, dataset.key.mask];
    expect(rules).toEqual([
      { name: 'partial', parameters: { keepLast: 4 } },
      { name: 'partial', parameters: { keepLast: 4 } },
    ]);
  });

  test('docs/policy.md names each class that has a standard', () => {
    const docs = readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8');
    const [told = ''] = /`mask: partial` alone[^]*?nothing is standard/.exec(docs) ?? [];
    for (const name of Object.keys(STANDARD)) expect(told).toContain(`\`${name}\``);
  });
});
