import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { EXAMPLE, emptyDir } from './built-cli.ts';
import { ran } from './surroundings.ts';

const FILE = join(EXAMPLE, 'sealstream.yaml');
const TEXT = readFileSync(FILE, 'utf8');
const POLICY = ['--policy', FILE];

/** The example with another text, or without its section. */
function policyFile(text: string): string {
  const file = join(emptyDir(), 'sealstream.yaml');
  writeFileSync(file, text);
  return file;
}
const bare = (): string => policyFile(TEXT.slice(0, TEXT.indexOf('\naccess:')));

const explain = (...more: string[]) => ran(['access', 'explain', ...POLICY, ...more]);
const REVEAL = ['--role', 'fraud-analyst', '--action', 'reveal', '--dataset', 'people'];
const CASE = ['--purpose', 'fraud-case', '--reference', 'C-1'];
const WEDNESDAY = ['--at', '2026-06-03T12:00:00Z'];

describe('access explain', () => {
  test('of what is allowed exits with 0 and names the rule, and the quota with its period', async () => {
    const { err, exit, out } = await explain(...REVEAL, '--field', '/ssn', ...CASE, ...WEDNESDAY);
    expect({ exit, err }).toEqual({ exit: 0, err: expect.stringMatching(/^next: /) });
    expect(out).toBe(
      'allowed by /access/roles/fraud-analyst/allow/0, within 200 values per day ' +
        '(2026-06-02T22:00:00.000Z to 2026-06-03T22:00:00.000Z)\n',
    );
  });

  test('of what is denied exits with 1 and has every rule with each reason', async () => {
    const fields = ['--field', '/ssn', '--field', '/card'];
    const sunday = ['--at', '2026-06-07T12:00:00Z'];
    const purpose = ['--purpose', 'fraud-case', '--values', '201'];
    const { exit, out } = await explain(...REVEAL, ...fields, ...purpose, ...sunday);
    expect(exit).toBe(1);
    expect(out.trimEnd().split('\n')).toEqual([
      'denied',
      '  /access/roles/fraud-analyst/allow/0: is not for these fields: /card',
      '  /access/roles/fraud-analyst/allow/0: the purpose asks for a case number, and none was given',
      '  /access/roles/fraud-analyst/allow/0: does not count at this time',
      '  /access/roles/fraud-analyst/allow/0: allows fewer values in a whole period than were asked for',
      '  /access/roles/fraud-analyst/allow/1: allows other actions',
    ]);
  });

  test('says that a second person must agree', async () => {
    const shred = ['--role', 'privacy-officer', '--action', 'subjects.shred', '-d', 'people'];
    const { exit, out } = await explain(...shred);
    expect({ exit, out }).toEqual({
      exit: 0,
      out:
        'allowed by /access/roles/privacy-officer/allow/0\n' +
        '  after a second person has approved it\n',
    });
  });

  test('with --json gives the decision, and of a denial its reasons as data and as text', async () => {
    const allowed = await explain(...REVEAL, '--field', '/ssn', ...CASE, ...WEDNESDAY, '--json');
    expect(JSON.parse(allowed.out)).toMatchObject({
      allowed: true,
      ground: { role: 'fraud-analyst', quota: { values: 200, startMs: 1780437600000 } },
      fourEyes: false,
    });
    const denied = await explain('--action', 'flow.read', '--json');
    expect(denied.exit).toBe(1);
    expect(JSON.parse(denied.out)).toEqual({
      allowed: false,
      refusals: [{ reason: 'no-role', text: 'the caller has no role' }],
    });
  });

  test('takes both roles, and names the second rule for when a quota is used up', async () => {
    const [analyst, twice] = ['    fraud-analyst:', '    fraud-lead:'];
    const role = TEXT.slice(TEXT.indexOf(analyst), TEXT.indexOf('    data-loader:'));
    const more = policyFile(TEXT.replace(role, `${role}${role.replace(analyst, twice)}`));
    const line = [...REVEAL, '--role', 'fraud-lead', '--field', '/ssn', ...CASE, ...WEDNESDAY];
    const { exit, out } = await ran(['access', 'explain', '--policy', more, ...line]);
    expect(exit).toBe(0);
    expect(out).toMatch(/^allowed by \/access\/roles\/fraud-analyst\/allow\/0, within/);
    expect(out).toMatch(/^ {2}when that is used up, by \/access\/roles\/fraud-lead\/allow\/0/m);
  });

  test('without a section denies, and says so', async () => {
    const line = ['--policy', bare(), '--role', 'any', '--action', 'flow.read'];
    expect(await ran(['access', 'explain', ...line])).toMatchObject({
      exit: 1,
      out: 'denied\n  the policy has no section access, so nothing is allowed\n',
    });
  });

  test.each([
    [['--role', 'approvr', '--action', 'audit.read'], 'did you mean approver?'],
    [['--role', 'approver', '--action', 'audit.raed'], 'did you mean audit.read?'],
    [[...REVEAL, '--purpose', 'fraud-cse'], 'did you mean fraud-case?'],
    [[...REVEAL, '--field', '/emial'], 'did you mean /email?'],
    [['--role', 'approver', '--action', 'audit.read', '-d', 'poeple'], 'did you mean people?'],
    [['--role', 'approver', '--action', 'audit.read', '--at', 'noon'], 'It must be a time'],
    [['--role', 'approver', '--action', 'audit.read', '--values', '0'], 'at least 1'],
    [['--role', 'approver'], '--action'],
  ])('%j is a slip of the hand and exits with 2', async (line, hint) => {
    const { err, exit, out } = await explain(...line);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toContain(hint);
  });
});

describe('roles list', () => {
  test('has a row for each action of each role, with what it is for', async () => {
    const { exit, out } = await ran(['roles', 'list', ...POLICY]);
    expect(exit).toBe(0);
    const [head, ...rows] = out.trimEnd().split('\n');
    expect(head).toMatch(/^role +action +datasets +fields +purposes +hours +quota +people$/);
    expect(rows[0]).toMatch(
      /^fraud-analyst +reveal +people +\/email \/ssn +fraud-case +mon tue wed thu fri 08:00-18:00 Europe\/Berlin +200 per day +1$/,
    );
    expect(out).toMatch(/^privacy-officer +subjects\.shred +people( +-){4} +2$/m);
  });

  test('with --json has an object a line, one for each row', async () => {
    const { out } = await ran(['roles', 'list', ...POLICY, '--json']);
    const rows = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    const table = (await ran(['roles', 'list', ...POLICY])).out.trimEnd().split('\n');
    expect(rows).toHaveLength(table.length - 1);
    expect(rows).toContainEqual({
      role: 'data-loader',
      action: 'seal',
      datasets: 'people',
      fields: '*',
      purposes: '-',
      hours: '-',
      quota: '100000 per day',
      people: '1',
    });
  });

  test('without a section says that nothing is allowed', async () => {
    expect(await ran(['roles', 'list', '--policy', bare()])).toMatchObject({
      exit: 0,
      out: 'The policy has no section access: nothing is allowed.\n',
    });
  });
});

describe('other commands on a policy with the section', () => {
  test('validate shows how many roles there are, and the hash of the rules', async () => {
    const { out } = await ran(['validate', FILE]);
    expect(out).toMatch(/^access: 6 roles, [0-9a-f]{12}$/m);
    const { out: json } = await ran(['validate', FILE, '--json']);
    const { access } = JSON.parse(json) as { access: { sha256: string; roles: string[] } };
    expect(access.roles).toContain('fraud-analyst');
    expect(access.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('diff exits with 1 when callers may do more, and with 0 when they may do less', async () => {
    const less = policyFile(TEXT.replace('values: 200', 'values: 100'));
    const more = await ran(['diff', less, FILE]);
    expect(more).toMatchObject({ exit: 1 });
    expect(more.out).toMatch(
      /^access: role fraud-analyst: callers may do MORE: reveal .* 100 per day > reveal .* 200 per day\n$/,
    );
    expect(await ran(['diff', FILE, less])).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^access: role fraud-analyst: callers may do less: /),
    });
    const { out } = await ran(['diff', FILE, less, '--json']);
    expect(JSON.parse(out)).toMatchObject({
      access: true,
      what: 'role fraud-analyst',
      callers: 'less',
    });
  });
});
