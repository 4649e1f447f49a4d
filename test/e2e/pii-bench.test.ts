import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tallyOf } from '../../bench/pii/tally.ts';
import { cutTexts, inventedTexts } from '../../bench/pii/texts.ts';
import { bench, linesOf } from './bench-run.ts';

/** A text with its labels, in the structure of Presidio's file. */
function labelled(text: string, ...spans: readonly (readonly [type: string, value: string])[]) {
  return {
    full_text: text,
    spans: spans.map(([entity_type, entity_value]) => {
      const start_position = text.indexOf(entity_value);
      const end_position = start_position + entity_value.length;
      return { entity_type, entity_value, start_position, end_position };
    }),
  };
}

const SAMPLE = [
  labelled('Für dich: card 4111 1111 1111 1111', ['CREDIT_CARD', '4111 1111 1111 1111']),
  labelled('mail a@b.co or b@c.org', ['EMAIL_ADDRESS', 'a@b.co']),
  labelled('ssn of nobody, in 1999', ['US_SSN', 'nobody'], ['DATE_TIME', '1999']),
  labelled('CO 80202', ['STREET_ADDRESS', 'CO 80202']),
  labelled(`nothing ${'in a longer text '.repeat(30)}`),
];

describe('npm run bench -- pii', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sealstream-bench-pii-'));
  const file = join(folder, 'sample.json');
  writeFileSync(file, JSON.stringify(SAMPLE));
  const run = bench('pii', '--json', '--data', file, '--calls', '200');
  const other = bench('pii', '--json', '--data', file, '--calls', '200', '--part', 'odd');
  rmSync(folder, { recursive: true });
  const line = (what: string, lines = linesOf(run)) => lines.find((it) => it['what'] === what);

  test('says recall, precision and F1 of each class, with its goals', () => {
    expect(run.status, run.stderr).toBe(0);
    const goal = '>= 0.99';
    expect(line('card: recall')).toMatchObject({
      figure: 1,
      goal,
      reached: true,
      labels: 1,
      exact: 1,
    });
    expect(line('email: recall')).toMatchObject({ figure: 1, reached: true });
    expect(line('email: precision')).toMatchObject({ figure: 0.5, goal, reached: false, found: 2 });
    expect(line('ssn: recall')).toMatchObject({ figure: 0, reached: false, goal: '>= 0.97' });
    expect(line('date, period: f1')).toMatchObject({ figure: 1, labels: 1 });
  });

  test('counts a post code inside an address neither for nor against', () => {
    expect(line('zip: precision')).toMatchObject({ figure: 1, found: 0, parts: 1 });
  });

  test('looks at one half of the documents when asked', () => {
    expect(other.status, other.stderr).toBe(0);
    expect(line('card: recall', linesOf(other))).toMatchObject({ labels: 0 });
    expect(line('email: recall', linesOf(other))).toMatchObject({ labels: 1 });
  });

  test('measures the speed beside six regular expressions in the same run', () => {
    const speed = line('texts, by form');
    expect(speed).toMatchObject({ unit: 'texts/s', goal: '>= 300000', characters: 250 });
    expect(speed?.['figure']).toBeGreaterThan(0);
    expect(speed?.['reference']).toBeGreaterThan(0);
  });

  test('invents texts of its own without data, and says so of a file that is none', () => {
    const alone = bench('pii', '--json', '--calls', '200');
    expect(alone.status, alone.stderr).toBe(0);
    expect(linesOf(alone).map(({ unit }) => unit)).toEqual(['texts/s', 'texts/s']);
    expect(bench('pii', '--data', '/nowhere.json').status).toBe(2);
    expect(bench('pii', '--part', 'third').status).toBe(2);
  });
});

describe('a hit', () => {
  const text = { bytes: Buffer.alloc(40), labels: [{ type: 'CREDIT_CARD', from: 10, to: 20 }] };
  const hits = (from: number, to: number, name: 'card' | 'iban' = 'card') => {
    const { exact = -1, hits = -1 } =
      tallyOf([text], () => [{ class: name, from, to }]).get('CREDIT_CARD') ?? {};
    return [hits, exact];
  };

  test('covers with the label at least half of what both cover, and is of its class', () => {
    expect(hits(10, 20)).toEqual([1, 1]);
    expect(hits(10, 15)).toEqual([1, 0]);
    expect(hits(5, 25)).toEqual([1, 0]);
    expect(hits(10, 14)).toEqual([0, 0]);
    expect(hits(4, 26)).toEqual([0, 0]);
    expect(hits(10, 20, 'iban')).toEqual([0, 0]);
  });

  test('uses a label once', () => {
    const find = () => [
      { class: 'card', from: 10, to: 15 } as const,
      { class: 'card', from: 15, to: 20 } as const,
    ];
    expect(tallyOf([text], find).get('CREDIT_CARD')).toMatchObject({ hits: 1, found: 2 });
  });
});

test('texts for the speed are of the length asked, and the same in every run', () => {
  expect(inventedTexts(3, 250).map((text) => text.length)).toEqual([250, 250, 250]);
  expect(inventedTexts(3, 250)).toEqual(inventedTexts(3, 250));
  expect(cutTexts(['abc', 'de'], 3)).toEqual(['abc', '\nde']);
});
