import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { datasetOf, parsePolicy } from '@sealstream/policy';
import type { Bus } from '@sealstream/bus';
import { usageTopics } from '@sealstream/key-care';
import { besidePolicy } from '@sealstream/service';
import { expect, test } from 'vitest';

import { emptyDir } from './built-cli.ts';
import { ran } from './surroundings.ts';

const YAML = `version: 1
datasets:
  visits:
    revision: 1
    subject: /ssn
    required: [/ssn, /city]
    key: { mask: drop }
    kAnonymity:
      k: 5
      delay: 5m
      quasiIdentifiers:
        /city: { hierarchy: cities.csv }
    fields:
      /ssn:  { type: string }
      /city: { type: string }
`;

/** A policy of groups in a folder of its own, with the file that it names. */
function policyOfGroups(): { readonly policy: string; readonly cities: string } {
  const dir = emptyDir();
  const [policy, cities] = [join(dir, 'sealstream.yaml'), join(dir, 'cities.csv')];
  writeFileSync(policy, YAML);
  writeFileSync(cities, 'Lyon;France;*\nNice;France;*\nBonn;Germany;*\n');
  return { policy, cities };
}

test('a hierarchy is read beside the policy, wherever the command is given', async () => {
  const { cities, policy } = policyOfGroups();
  expect((await ran(['validate', policy])).exit).toBe(0);
  rmSync(cities);
  const without = await ran(['validate', policy]);
  expect(without.exit).not.toBe(0);
  expect(without.out + without.err).toContain(`${policy}:12:29: cities.csv cannot be read`);
});

test('another content of a hierarchy with the same revision is told by diff', async () => {
  const [before, after] = [policyOfGroups(), policyOfGroups()];
  expect((await ran(['diff', before.policy, after.policy])).exit).toBe(0);
  writeFileSync(after.cities, 'Lyon;South;*\nNice;South;*\nBonn;Germany;*\n');
  const told = await ran(['diff', before.policy, after.policy]);
  expect(told.exit).toBe(1);
  expect(told.out).toContain('kAnonymity');
  expect(told.err).toContain('revision was not raised');
});

test('a file shows nothing of what only groups show', async () => {
  const { policy } = policyOfGroups();
  const stdin = '{"ssn":"123-45-6789","city":"Lyon"}\n';
  const masked = await ran(['apply', '-s', 'mask', '-d', 'visits', '-p', policy, '-'], { stdin });
  expect(masked.out).toBe('{"ssn":"[redacted]","city":"[redacted]"}\n');
});

test('reprocess does not mask what groups were made of', async () => {
  const { policy } = policyOfGroups();
  const words = ['reprocess', '--stage', 'mask', '--from', '1h', '--to-topic', 'again'];
  const refused = await ran([...words, '--dataset', 'visits', '--policy', policy]);
  expect(refused.exit).toBe(2);
  expect(refused.err).toContain('each could be found by comparing');
});

test('a key is looked for on the topic of what waits, too, also when no group is asked for any more', async () => {
  const { policy } = policyOfGroups();
  const text = readFileSync(policy, 'utf8');
  const dataset = datasetOf(parsePolicy(text, policy, besidePolicy(policy)), 'visits');
  const asked: (readonly string[] | null)[] = [];
  const topics = (names: readonly string[] | null) => {
    asked.push(names);
    return Promise.resolve((names ?? []).map((name) => ({ name })));
  };
  const bus = { admin: { topics } } as unknown as Bus;
  const { kAnonymity: _, ...single } = dataset;
  for (const one of [dataset, single])
    expect(await usageTopics(bus, one)).toContain('mask.state.visits');
  expect(asked).toHaveLength(2);
});
