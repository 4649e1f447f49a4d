import { runSealstream } from '@sealstream/cli';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { allPaths, exists, programs, read } from './checkout.ts';
import {
  anchorOf,
  brokenLinks,
  commandsNamed,
  type Page,
  rowsWithoutTest,
  scriptsNamed,
  testFilesNamed,
  testsNamed,
} from './rules/documents.ts';

const pages: readonly Page[] = allPaths
  .filter((path) => path.endsWith('.md'))
  .map((path) => ({ path, text: read(path) }));

const planted = (text: string): Page[] => [{ path: 'docs/a.md', text }];

describe('a link in a document', () => {
  test('leads to a file that is there, and to a heading in it', () => {
    expect(brokenLinks(pages, exists)).toEqual([]);
  });

  test('that leads nowhere is found', () => {
    const text = '# One `two`\n[a](b.md) [c](../README.md) [d](#none) [e](#one-two)\n';
    const found = brokenLinks(planted(text), (path) => ['README.md', 'docs/a.md'].includes(path));
    expect(found).toEqual(['docs/a.md:2 b.md', 'docs/a.md:2 #none']);
    expect(anchorOf('A stage, on `x`')).toBe('a-stage-on-x');
  });
});

describe('a script that a document names', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

  test('is in package.json', () => {
    const unknown = scriptsNamed(pages).filter(({ text }) => !Object.hasOwn(scripts, text));
    expect(unknown).toEqual([]);
  });

  test('is found in code only', () => {
    const text =
      'npm run no\n`npm run --silent yes -- x` and `npm test`\n```\nnpm run also:this\n```';
    expect(scriptsNamed(planted(text)).map(({ text }) => text)).toEqual([
      'yes',
      'test',
      'also:this',
    ]);
  });
});

async function helpOf(words: readonly string[]): Promise<string> {
  let help = '';
  const stdout = {
    write: (text: string | Uint8Array) => {
      help += text.toString();
      return true;
    },
    once: () => undefined,
  };
  const stderr = { ...stdout, write: () => true };
  await runSealstream([...words, '--help'], { stdin: process.stdin, stdout, stderr, env: {} });
  return help;
}

/** What is wrong with a command line, by the command's own help; '' when nothing is. */
async function problemOf(line: string): Promise<string> {
  const words = line.split(/\s+/);
  let path: string[] = [];
  let help = await helpOf([]);
  for (const word of words) {
    if (!/^Usage: .*\[command\]/m.test(help) || !/^[a-z-]+$/.test(word) || word.startsWith('-'))
      break;
    path = [...path, word];
    help = await helpOf(path);
    if (!help.startsWith(`Usage: sealstream ${path.join(' ')} `)) return `no command ${word}`;
  }
  const options = words.filter((word) => /^--?[a-z]/.test(word));
  const unknown = options.filter((option) => !new RegExp(`(^|[\\s,])${option}\\b`).test(help));
  return unknown.length === 0 ? '' : `no option ${unknown.join(', ')}`;
}

describe('a command that a document names', () => {
  test('is one that sealstream has, with options that it takes', async () => {
    const problems: string[] = [];
    for (const { place, text } of commandsNamed(pages)) {
      const problem = await problemOf(text);
      if (problem !== '') problems.push(`${place} sealstream ${text}: ${problem}`);
    }
    expect(problems).toEqual([]);
  });

  test('that sealstream does not have is found', async () => {
    expect(await problemOf('keys rotate --missing')).toBe('');
    expect(await problemOf('keys')).toBe('');
    expect(await problemOf('keys burn')).toBe('no command burn');
    expect(await problemOf('keys rotate --all-of-them')).toBe('no option --all-of-them');
    const text =
      '`sealstream keys list`, sealstream no\n```\nnpm run sealstream -- init --dir x\n```';
    expect(commandsNamed(planted(text)).map(({ text }) => text)).toEqual([
      'keys list',
      'init --dir x',
    ]);
  });
});

describe('ARCHITECTURE.md', () => {
  test('says of every dependency what it is for', () => {
    const { catalog } = parse(read('pnpm-workspace.yaml')) as { catalog: Record<string, string> };
    const rows = read('ARCHITECTURE.md')
      .split('\n')
      .filter((line) => line.startsWith('|'));
    const named = new Set(
      rows
        .flatMap((row) => (row.split('|')[1] ?? '').replace(/\(.*\)/, '').split(','))
        .map((name) => name.trim()),
    );
    const programs = Object.keys(catalog).filter((name) => !name.startsWith('@types/'));
    expect(programs.filter((name) => !named.has(name))).toEqual([]);
  });
});

describe('a test that SECURITY.md names', () => {
  const named = testsNamed({ path: 'SECURITY.md', text: read('SECURITY.md') });
  const texts = new Map(programs.map(({ path, text }) => [path, text]));

  test('is one of the tests', () => {
    expect(named.length).toBeGreaterThan(30);
    const missing = named.filter(({ file, text }) => texts.get(file)?.includes(text) !== true);
    expect(missing).toEqual([]);
  });
});

describe("the README of bus, on kafkajs's faults", () => {
  const readme = { path: 'packages/bus/README.md', text: read('packages/bus/README.md') };
  const heading = "## What is kafkajs's and what is ours";
  const named = testFilesNamed(readme).map(({ text }) => text);

  test('names a file of tests for each fault, and each is there', () => {
    expect(readme.text).toContain(`\n${heading}\n`);
    expect(rowsWithoutTest(readme, heading)).toEqual([]);
    expect(named.filter((path) => !exists(path))).toEqual([]);
  });

  test('names every file of tests on faults', () => {
    const faults = allPaths.filter((path) =>
      /^packages\/bus\/test\/faults\/.*\.test\.ts$/.test(path),
    );
    expect(faults.length).toBeGreaterThan(10);
    expect(faults.filter((path) => !named.includes(path))).toEqual([]);
  });

  test('explains every hunk that is patched into kafkajs, with a test', () => {
    const patch = read('packages/bus/patches/kafkajs@2.2.4.patch');
    const patched = Array.from(patch.matchAll(/^diff --git a\/(\S+)/gm), ([, path = '']) => path);
    const explained = readme.text.split(/\n(?=- |\n)/).filter((item) => item.includes('.test.ts`'));
    expect(patched.length).toBeGreaterThan(0);
    expect(
      patched.filter((path) => !explained.some((item) => item.startsWith(`- \`${path}\``))),
    ).toEqual([]);
  });

  test('is found wanting when a row names no test, or one that is not there', () => {
    const text =
      '# A\n| x | y | none |\n## B\n\n| f | w | test |\n|---|---|---|\n| a | b | `c.test.ts` |\n| d | e | |\n## C\n| g | h | i |\n';
    const page = { path: 'packages/x/README.md', text };
    expect(rowsWithoutTest(page, '## B')).toEqual(['| d | e | |']);
    expect(testFilesNamed(page)).toEqual([
      { place: 'packages/x/README.md:7', text: 'packages/x/test/c.test.ts' },
    ]);
  });
});
