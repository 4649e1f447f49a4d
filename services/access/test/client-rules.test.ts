import { SealstreamError } from '@sealstream/contracts';
import { expect, test } from 'vitest';

import { clientRules } from '../src/client-rules.ts';

const FILE = 'clients.yaml';

function refusal(text: string): SealstreamError['place'] {
  try {
    clientRules(text, FILE);
  } catch (error) {
    if (error instanceof SealstreamError && error.code === 'CONFIG_INVALID') return error.place;
    throw error;
  }
  throw new Error('it was taken');
}

test('rules name an account by a URI, or by issuer and subject', () => {
  const text = `rules:
  - account: loader
    uri: spiffe://example.com/loader
  - { account: reporter, issuer: 'CN=Root,O=Example', subject: 'CN=reporter,O=Example' }
`;
  expect(clientRules(text, FILE)).toEqual([
    { name: 'loader', uri: 'spiffe://example.com/loader' },
    { name: 'reporter', issuer: 'CN=Root,O=Example', subject: 'CN=reporter,O=Example' },
  ]);
});

test('an empty list is one by which nobody gets in, so that the last rule can be taken away', () => {
  expect(clientRules('rules: []\n', FILE)).toEqual([]);
});

test.each([
  ['nothing', '', ''],
  ['no list', 'rules: none', 'rules: '],
  ['another word at the top', 'rules: []\nadmins: []', ''],
  ['a rule without an account', 'rules: [{ uri: spiffe://a/b }]', 'rules.0: '],
  ['a rule of both kinds', 'rules: [{ account: a, uri: u, issuer: i, subject: s }]', 'rules.0: '],
  ['a subject without its issuer', 'rules: [{ account: a, subject: CN=a }]', 'rules.0: '],
  ['a word that is not of a rule', 'rules: [{ account: a, uri: u, role: r }]', 'rules.0: '],
  ['an empty account', "rules: [{ account: '', uri: u }]", 'rules.0: '],
  ['a number for an account', 'rules: [{ account: 1, uri: u }]', 'rules.0: '],
])('%s is refused with its place, and without what stands there', (_what, text, place) => {
  const words = 'not a list of rules of account and uri, or account, issuer and subject';
  expect(refusal(text)).toEqual({ file: FILE, problem: `${place}${words}` });
});

test.each([
  ['a word that stands twice in one map', 'rules: []\nrules: []', 'is no YAML'],
  ['what is no YAML', 'rules: [', 'is no YAML'],
  ['an alias', 'rules: [&a { account: a, uri: u }, *a]', 'is no plain YAML'],
])('%s is refused', (_what, text, problem) => {
  expect(refusal(text)).toEqual({ file: FILE, problem });
});
