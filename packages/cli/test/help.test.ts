import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';

import { factsOf } from '../src/index.ts';
import { emptyProgram, ran } from './surroundings.ts';

const program = emptyProgram();

/** Every command with its path, groups included. */
function walked(command: Command, path: readonly string[] = []): [string, Command][] {
  const here = [...path, command.name()];
  return [[here.join(' '), command], ...command.commands.flatMap((child) => walked(child, here))];
}

const commands = walked(program);

describe.each(commands)('%s', (path, command) => {
  test('says in its help what it does, with examples and exit codes', async () => {
    const { exit, out, err } = await ran([...path.split(' ').slice(1), '--help']);
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(command.description().length).toBeGreaterThan(40);
    expect(command.summary()).toMatch(/^[a-z].*[^.]$/);
    expect(out).toContain(`Usage: ${path}`);
    expect(out).toContain('Examples:');
    for (const code of [0, 1, 2, 3]) expect(out).toMatch(new RegExp(`^  ${code}  \\S`, 'm'));
  });

  test('has examples that parse: real commands, real options, required ones given', () => {
    const examples = factsOf(command)?.examples ?? [];
    expect(examples.length).toBeGreaterThan(0);
    for (const [line, what] of examples) {
      expect(what).not.toBe('');
      for (const part of line.split('|')) checkExample(part.trim());
    }
  });

  test('keeps its help within 100 columns', async () => {
    const { out } = await ran([...path.split(' ').slice(1), '--help']);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });
});

/** Follows an example's words down the tree and looks at what it gives to the last command. */
function checkExample(line: string): void {
  const [first, ...words] = line.replace(/\s+[<>]\s*\S+/g, '').split(/\s+/);
  if (first !== 'sealstream') return;
  let command: Command = program;
  while (words.length > 0) {
    const child = command.commands.find((one) => one.name() === words[0]);
    if (child === undefined) break;
    command = child;
    words.shift();
  }
  const known = new Map(
    command.options.flatMap((one) => [
      [one.long, one],
      [one.short, one],
    ]),
  );
  const given = new Set<string | undefined>();
  let operands = 0;
  for (let at = 0; at < words.length; at += 1) {
    const option = known.get(words[at]);
    if (words[at].startsWith('-') && words[at] !== '-')
      expect(option, `${line}: ${words[at]}`).toBeDefined();
    if (option === undefined) operands += 1;
    else {
      given.add(option.long);
      if (option.required) at += 1;
    }
  }
  for (const option of command.options)
    if (option.mandatory) expect(given, `${line} lacks ${option.long}`).toContain(option.long);
  const needed = command.registeredArguments.filter(({ required }) => required).length;
  expect(operands, line).toBeGreaterThanOrEqual(needed);
}

test('no command at all shows the help on stderr and exits with 2', async () => {
  const { exit, out, err } = await ran([]);
  expect({ exit, out }).toEqual({ exit: 2, out: '' });
  expect(err).toContain('Usage: sealstream');
});

test('an unknown command or option exits with 2 and names the near one', async () => {
  expect(await ran(['topic', 'plan'])).toMatchObject({
    exit: 2,
    err: expect.stringMatching(/^USAGE: unknown command 'topic' \(Did you mean topics\?\)/),
  });
  expect(await ran(['topics', 'plan', '--partition', '3'])).toMatchObject({
    exit: 2,
    err: expect.stringContaining('Did you mean --partitions?'),
  });
});

test('with --json a usage error is one JSON object', async () => {
  const { err } = await ran(['topics', 'plan', '--partitions', 'x', '--json']);
  expect(JSON.parse(err)).toMatchObject({ error: 'USAGE' });
});

test('--version prints the version', async () => {
  expect(await ran(['--version'])).toMatchObject({
    exit: 0,
    out: expect.stringMatching(/^\d+\.\d+/),
  });
});
