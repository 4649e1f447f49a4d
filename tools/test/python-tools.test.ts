import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MissingTool } from '../stack/missing.ts';
import { pythonProgram } from '../stack/python-tools.ts';

let folder: string;
let requirements: string;
let said: string[];

/** A python3 that writes down what pip was asked for, and fails when told to. */
function python(): void {
  const pip = `#!/bin/sh\\necho pip >> ${folder}/calls; test ! -e ${folder}/broken\\n`;
  const path = join(folder, 'bin', 'python3');
  writeFileSync(
    path,
    `#!/bin/sh
     if test "$1" = --version; then echo "Python 3.11.0"; exit 0; fi
     echo venv >> ${folder}/calls
     mkdir -p "$3/bin" && printf '${pip}' > "$3/bin/python" && chmod 755 "$3/bin/python"\n`,
  );
  chmodSync(path, 0o755);
}

const program = () =>
  pythonProgram((line) => said.push(line), {
    requirements,
    tools: join(folder, 'tools'),
    environment: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` },
  });
const calls = () => {
  const file = join(folder, 'calls');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealstream-python-'));
  mkdirSync(join(folder, 'bin'));
  requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, 'one==1\n');
  said = [];
  python();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the Python of the tests', () => {
  test('is made once for all that ask at a time, and then is there', async () => {
    const asked = await Promise.all([program(), program(), program()]);
    expect(new Set(asked).size).toBe(1);
    expect(existsSync(asked[0] ?? '')).toBe(true);
    expect(await program()).toBe(asked[0]);
    expect(calls()).toEqual(['venv', 'pip']);
    expect(said).toHaveLength(1);
  });

  test('is another one when the requirements change', async () => {
    const before = await program();
    writeFileSync(requirements, 'one==2\n');
    expect(await program()).not.toBe(before);
    expect(calls()).toEqual(['venv', 'pip', 'venv', 'pip']);
  });

  test('that was not made whole is made anew', async () => {
    writeFileSync(join(folder, 'broken'), '');
    await expect(program()).rejects.toThrow('pip could not install');
    rmSync(join(folder, 'broken'));
    const path = await program();
    expect(calls()).toEqual(['venv', 'pip', 'venv', 'pip']);
    expect(readdirSync(dirname(dirname(path)))).toContain('complete');
  });

  test('that cannot be made ends the run with the line that installs it', async () => {
    rmSync(join(folder, 'bin', 'python3'));
    const nowhere = pythonProgram(() => undefined, { environment: { PATH: join(folder, 'bin') } });
    await expect(nowhere).rejects.toThrow(MissingTool);
    await expect(nowhere).rejects.toThrow('install it with: apt-get install -y python3-venv');
  });
});

describe('what the tests take from Python', () => {
  const read = (name: string) =>
    readFileSync(join(import.meta.dirname, '..', 'python', name), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));

  test('is named with its exact version, with all that it pulls in', () => {
    const all = read('requirements.txt');
    expect(all.length).toBeGreaterThan(30);
    expect(all.filter((line) => !/^[A-Za-z0-9_.-]+==[A-Za-z0-9.]+$/.test(line))).toEqual([]);
    const pinned = read('requirements.in').map((line) => line.replace(/\[.*\]/, ''));
    expect(pinned.filter((line) => !all.includes(line))).toEqual([]);
  });
});
