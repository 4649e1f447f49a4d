import { ERRORS } from '@sealstream/contracts';
import { describe, expect, test } from 'vitest';
import { markdownBlocks } from '../src/page/words/markdown-blocks.ts';
import { count, counted, milliseconds, rate, seconds } from '../src/page/words/numbers.ts';
import { REJECT_REASONS, reasonOf } from '../src/page/words/reject-reasons.ts';
import { agoText, dueText, timeText, utcText } from '../src/page/words/times.ts';

const AT = '2026-01-31T23:30:00.250Z';
const NOW = Date.parse(AT);

describe('a number', () => {
  test('has its unit, and no more digits than are read', () => {
    expect([rate(0), rate(3.14159), rate(1234.5)]).toEqual(['0 /s', '3.1 /s', '1,235 /s']);
    expect([count(12_345), counted(1, 'record'), counted(2, 'record')]).toEqual([
      '12,345',
      '1 record',
      '2 records',
    ]);
  });

  test.each([
    [null, 'unknown'],
    [undefined, 'unknown'],
    [0, '0 ms'],
    [0.25, '250 ms'],
    [1.25, '1.3 s'],
    [61, '1 min 1 s'],
    [3660, '1 h 1 min'],
    [172_800, '2 d'],
  ])('of %s seconds reads %s', (value, text) => {
    expect(seconds(value)).toBe(text);
  });

  test('of milliseconds that are not known is no zero', () => {
    expect([milliseconds(null), milliseconds(1500)]).toEqual(['unknown', '1.5 s']);
  });
});

describe('a time', () => {
  test("is in the reader's zone, with UTC beside it", () => {
    expect(timeText(AT, 'Asia/Tokyo')).toBe('01 Feb 2026, 08:30:00');
    expect(utcText(AT)).toBe('2026-01-31 23:30:00.250 UTC');
  });

  test('that is none is unknown', () => {
    expect([timeText('x'), utcText('x'), agoText('x', NOW), dueText('x', NOW).text]).toEqual([
      'unknown',
      'unknown',
      'unknown',
      'unknown',
    ]);
  });

  test.each([
    [3, 'just now'],
    [59, '59 seconds ago'],
    [60, '1 minute ago'],
    [7200, '2 hours ago'],
    [200_000, '2 days ago'],
  ])('of %s seconds before reads %s', (passed, text) => {
    expect(agoText(AT, NOW + passed * 1000)).toBe(text);
  });

  test('that is due is told apart from one that was', () => {
    const day = 86_400_000;
    expect(dueText(AT, NOW - 3 * day)).toEqual({ text: 'due in 3 days', isLate: false });
    expect(dueText(AT, NOW - 1000)).toEqual({ text: 'due within a day', isLate: false });
    expect(dueText(AT, NOW + 1000)).toEqual({ text: '1 day overdue', isLate: true });
  });
});

describe('the reason of a reject', () => {
  const codes = Object.entries(ERRORS).flatMap(([code, row]) =>
    row.class === 'record' && /^(RECORD|TOKEN)_/.test(code) ? [code] : [],
  );

  test('stands in words for every code of a record, and for nothing else', () => {
    expect(codes.length).toBeGreaterThan(10);
    expect(Object.keys(REJECT_REASONS).sort()).toEqual(codes.sort());
  });

  test('of another code leads to the list of errors', () => {
    expect(reasonOf('SCHEMA_UNFIT').mend).toContain('SCHEMA_UNFIT');
  });
});

test('a document falls into headings, code and paragraphs, and loses no line', () => {
  const text = '# One\n\nTwo\nthree\n```\nnpm test\n\n# no heading\n```\n- four\n## Five';
  expect(markdownBlocks(text)).toEqual([
    { kind: 'heading', text: 'One' },
    { kind: 'text', text: 'Two\nthree' },
    { kind: 'code', text: 'npm test\n\n# no heading' },
    { kind: 'text', text: '- four' },
    { kind: 'heading', text: 'Five' },
  ]);
});
