import { expect, test } from 'vitest';
import { maskOne } from './mask-one.ts';

const kept = (text: string) => maskOne('keepDomain', undefined, text);

test.each([
  ['alice@email.com', 'X@email.com'],
  ['a.b+c@sub.example.org', 'X@sub.example.org'],
  ['"odd@name"@example.org', 'X@example.org'],
  ['zoë@exämple.org', 'X@exämple.org'],
])('%s keeps its domain and nothing before it', (text, masked) => {
  expect(kept(text)).toBe(masked);
});

test.each([
  '',
  '@',
  'alice',
  '@example.org',
  'alice@',
  'alice@localhost',
  'alice@.org',
  'a@b.',
  'jane@example.com (Jane Doe, SSN 123-45-6789)',
  'j@x.org; tel 555-0100',
  'j@x.org ',
  'j@x.org\u00a0',
  `${'a'.repeat(320)}@b.org`,
])('what is no address of a domain is unfit (%#)', (text) => {
  expect(kept(text)).toBeUndefined();
});
