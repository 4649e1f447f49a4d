import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { debianPackage, programPath } from '../stack/debian-package.ts';
import { MissingTool } from '../stack/missing.ts';

let folder: string;
let environment: NodeJS.ProcessEnv;
let said: string[];
const find = () => programPath('example', environment);
const progress = (line: string) => said.push(line);
const calls = () => {
  const file = join(folder, 'calls');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealstream-debian-'));
  mkdirSync(join(folder, 'bin'));
  environment = { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` };
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, script: string): void {
  const path = join(folder, 'bin', name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

/** An apt-get that writes down what it was asked, and knows packages only after an update. */
function aptGet(needsUpdate: boolean): void {
  const made = join(folder, 'bin', 'example');
  program(
    'apt-get',
    `echo "$4 $DEBIAN_FRONTEND" >> ${folder}/calls
     case "$4" in
       update) touch ${folder}/lists ;;
       install)
         sleep 0.1
         if ${needsUpdate ? `test ! -e ${folder}/lists` : 'false'}; then echo "no such package" >&2; exit 100; fi
         printf '#!/bin/sh\\n' > ${made}; chmod 755 ${made} ;;
     esac`,
  );
}

describe('a program of a Debian package', () => {
  test('that is on PATH is used, and nothing is installed', async () => {
    program('example', '');
    aptGet(false);
    const path = await debianPackage('example', find, progress, { isRoot: true, environment });
    expect(path).toBe(join(folder, 'bin', 'example'));
    expect([calls(), said]).toEqual([[], []]);
  });

  test('that is missing is installed by root, once for all that ask at a time', async () => {
    aptGet(false);
    const asked = [1, 2, 3].map(() =>
      debianPackage('example', find, progress, { isRoot: true, environment }),
    );
    expect(new Set(await Promise.all(asked)).size).toBe(1);
    expect(calls()).toEqual(['install noninteractive']);
  });

  test('that the package lists do not have is looked for in fresh ones', async () => {
    aptGet(true);
    await debianPackage('example', find, progress, { isRoot: true, environment });
    const names = calls().map((call) => call.split(' ')[0]);
    expect(names).toEqual(['install', 'update', 'install']);
  });

  test('that cannot be installed ends the run with the line that installs it', async () => {
    program('apt-get', 'echo "no network" >&2; exit 100');
    const asked = debianPackage('example', find, progress, { isRoot: true, environment });
    await expect(asked).rejects.toThrow(MissingTool);
    await expect(asked).rejects.toThrow(/no network.*install it with: apt-get install -y example/s);
  });

  test('that is missing is not installed by anybody but root', async () => {
    aptGet(false);
    const asked = debianPackage('example', find, progress, { isRoot: false, environment });
    await expect(asked).rejects.toThrow('install it with: apt-get install -y example');
    expect(calls()).toEqual([]);
  });
});
