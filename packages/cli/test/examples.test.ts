import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { emptyDir, EXAMPLE } from './built-cli.ts';

const EXAMPLES = join(EXAMPLE, '..');
const MAIN = join(EXAMPLES, '../packages/cli/dist/main.js');
const BLOCK = /^```console\n([\s\S]*?)^```$/gm;

/** A folder with the command `sealstream` in it, as installing gives it. */
function installed(): string {
  const bin = join(emptyDir(), 'bin');
  mkdirSync(bin);
  const command = join(bin, 'sealstream');
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  chmodSync(command, 0o755);
  return bin;
}

/** What a shell prints for one line, on both streams in the order in which it came. */
function printed(line: string, cwd: string, bin: string): Promise<string> {
  const { HOME = '', PATH = '' } = process.env;
  const child = spawn('sh', ['-c', `exec 2>&1; ${line}`], {
    cwd,
    env: { HOME, PATH: `${bin}:${PATH}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const out: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(Buffer.concat(out).toString()));
  });
}

test.each(['people', 'presets'])(
  'every command in examples/%s/README.md prints what the page shows',
  { timeout: 120_000 },
  async (name) => {
    const file = join(EXAMPLES, name, 'README.md');
    const page = readFileSync(file, 'utf8');
    const dir = join(emptyDir(), name);
    cpSync(join(EXAMPLES, name), dir, { recursive: true });
    const bin = installed();
    const shown = new Map<string, string>();
    for (const [block, text = ''] of page.matchAll(BLOCK)) {
      const lines = text.split('\n').filter((line) => line.startsWith('$ '));
      let made = '';
      for (const line of lines) made += `${line}\n${await printed(line.slice(2), dir, bin)}`;
      shown.set(block, `\`\`\`console\n${made}\`\`\``);
    }
    expect(shown.size).toBeGreaterThan(2);
    // After a change on purpose: vitest -u writes the page anew.
    await expect(page.replaceAll(BLOCK, (block) => shown.get(block) ?? block)).toMatchFileSnapshot(
      file,
    );
  },
);
