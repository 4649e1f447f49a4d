import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FlowTransform } from '@sealstream/flow';
import { parsePolicy } from '@sealstream/policy';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { AuditNote } from '../src/audit-emitter.ts';
import { LivePolicy, livingTransform } from '../src/live-policy.ts';
import { logTo } from '../src/log.ts';
import { openMetrics } from '../src/metrics.ts';

const EXAMPLE = join(import.meta.dirname, '../../../examples/people/sealstream.yaml');
const BEFORE = readFileSync(EXAMPLE, 'utf8');
const AFTER = BEFORE.replace('revision: 1 ', 'revision: 2 ').replace(
  '/note:           { type: string, mask: redact',
  '/note:           { type: string, mask: drop',
);

let dir = '';
let file = '';
let notes: AuditNote[] = [];
let lines: string[] = [];
let metrics: ReturnType<typeof openMetrics>;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sealstream-live-policy-'));
  file = join(dir, 'sealstream.yaml');
  writeFileSync(file, BEFORE);
  notes = [];
  lines = [];
  metrics = openMetrics('mask');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function live(everyMs = 0): LivePolicy {
  const write = (line: string) => void lines.push(line);
  return new LivePolicy({
    file,
    policy: parsePolicy(BEFORE, file),
    everyMs,
    audit: { note: (note) => void notes.push(note) },
    logger: logTo({ service: 'mask', instance: 't', level: 'info' }, { write }),
    metrics,
  });
}

function looked(text: string): { policy: LivePolicy; maskOfNote: string | undefined } {
  const policy = live();
  policy.look();
  writeFileSync(file, text);
  policy.look();
  policy.look();
  const note = policy.of('people').fields.find(({ path }) => path === '/note');
  return { policy, maskOfNote: note?.mask.name };
}

describe('another policy in the file', () => {
  test('is taken while the service runs, and told', async () => {
    const { maskOfNote, policy } = looked(AFTER);
    expect(maskOfNote).toBe('drop');
    const { revision, sha256 } = policy.of('people');
    expect(notes).toEqual([
      { type: 'policy-loaded', dataset: 'people', details: { revision, sha256 } },
    ]);
    const text = await metrics.text();
    expect(text).toContain('sealstream_policy_reloads_total{outcome="taken"');
    expect(text).toMatch(/sealstream_policy_info\{[^}]*revision="2"[^}]*\} 1/);
    expect(text).not.toMatch(/sealstream_policy_info\{[^}]*revision="1"/);
  });

  test.each([
    ['that does not hold', BEFORE.replace('mask: redact', 'mask: redakt'), 'POLICY_INVALID'],
    [
      'with its first tokenise',
      AFTER.replace('mask: drop', 'mask: tokenise, equalityOracle: { accepted: test }'),
      'POLICY_NEEDS_RESTART',
    ],
    ['cut in the middle', AFTER.slice(0, 900), 'POLICY_INVALID'],
    ['with the same revision', AFTER.replace('revision: 2', 'revision: 1'), 'POLICY_REVISION'],
    ['with other topics', AFTER.replace('raw: raw.people', 'raw: other'), 'POLICY_NEEDS_RESTART'],
    [
      'with another subject',
      AFTER.replace('subject: /ssn', 'subject: /email'),
      'POLICY_NEEDS_RESTART',
    ],
    [
      'with keys that stay no more',
      AFTER.replace('key: { mask: hash', 'key: { mask: redact'),
      'POLICY_NEEDS_RESTART',
    ],
    [
      'of another dataset',
      AFTER.replace('  people:', '  persons:').replaceAll('[people]', '[persons]'),
      'POLICY_NEEDS_RESTART',
    ],
    [
      'whose access rules name what is not there',
      AFTER.replace('fields: [/ssn, /email]', 'fields: [/sn]'),
      'POLICY_INVALID',
    ],
    [
      'with one dataset more',
      AFTER.replace(
        'datasets:\n',
        'datasets:\n  more:\n    revision: 1\n    fields: { /a: { type: string } }\n',
      ),
      'POLICY_NEEDS_RESTART',
    ],
  ])('%s is refused once, and the old one stays', async (_, text, code) => {
    const { maskOfNote } = looked(text);
    expect(maskOfNote).toBe('redact');
    expect(notes).toEqual([{ type: 'policy-refused', details: { code } }]);
    expect(lines.filter((line) => line.includes(code))).toHaveLength(1);
    expect(await metrics.text()).toContain('sealstream_policy_reloads_total{outcome="refused"');
  });

  test('with other access rules is taken without another revision, and told with their hash', async () => {
    const policy = live();
    const before = policy.access?.sha256;
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    policy.look();
    writeFileSync(file, BEFORE.replace('values: 200', 'values: 100'));
    policy.look();
    policy.look();
    const after = policy.access?.sha256 ?? '';
    expect(after).toMatch(/^[0-9a-f]{64}$/);
    expect(after).not.toBe(before);
    expect(notes).toEqual([{ type: 'policy-loaded', details: { access: after } }]);
    expect(lines.filter((line) => line.includes(after))).toHaveLength(1);
    expect(await metrics.text()).toContain('sealstream_policy_reloads_total{outcome="taken"');
  });

  test('without access rules leaves none, so that nothing is allowed any more', () => {
    const { policy } = looked(BEFORE.slice(0, BEFORE.indexOf('\naccess:')));
    expect(policy.access).toBeUndefined();
    expect(notes).toEqual([{ type: 'policy-loaded', details: { access: 'none' } }]);
  });

  test('that is refused changes no access rules either', () => {
    const other = AFTER.replace('values: 200', 'values: 100').replace('revision: 2', 'revision: 1');
    const { policy } = looked(other);
    expect(policy.access?.sha256).toBe(parsePolicy(BEFORE, file).access?.sha256);
  });

  test('may be mended after it was refused', () => {
    const { policy } = looked('not a policy');
    writeFileSync(file, AFTER);
    policy.look();
    expect(policy.of('people').revision).toBe(2);
  });

  test('that is not there for a moment, or says the same in other words, changes nothing', () => {
    const policy = live();
    const before = policy.of('people');
    rmSync(file);
    policy.look();
    writeFileSync(file, `# a comment\n${BEFORE}`);
    policy.look();
    expect(policy.of('people')).toBe(before);
    expect(notes).toEqual([]);
  });

  test('is found by itself', async () => {
    const policy = live(10);
    policy.start();
    writeFileSync(file, AFTER);
    await expect.poll(() => policy.of('people').revision).toBe(2);
    await policy.stop();
  });
});

test('a transform goes by the rules of the moment at which each batch begins', () => {
  const policy = live();
  const made: number[] = [];
  const seen: number[] = [];
  const transform = livingTransform(policy, 'people', ({ revision }) => {
    made.push(revision);
    return (() => void seen.push(revision)) as unknown as FlowTransform;
  });
  const batch = () => void transform({} as never, {} as never);
  batch();
  batch();
  writeFileSync(file, AFTER);
  policy.look();
  batch();
  expect({ made, seen }).toEqual({ made: [1, 2], seen: [1, 1, 2] });
});
