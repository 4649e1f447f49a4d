import { execFileSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Purpose } from '@sealstream/contracts';
import { softHsm } from '../../../tools/stack/softhsm.ts';
import type { TokenOptions } from '../src/pkcs11-session.ts';

/** A token of SoftHSM in a directory of its own. */
export interface LocalHsm extends TokenOptions {
  readonly pin: string;
  /** What a process needs in its environment to find the token. */
  readonly env: Readonly<Record<string, string>>;
  /** Makes AES-256 keys `<name>-<purpose>`, with further options of pkcs11-tool. */
  createKeys(name: string, purposes: readonly Purpose[], ...more: string[]): void;
  /** Takes the device away, as a cable that is pulled. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  writePin(pin: string): void;
  close(): Promise<void>;
}

const PIN_DIGITS_MIN = 10 ** 9;

/**
 * Makes the token and tells this process of it. SoftHSM reads its settings when it is opened, so a
 * process has one of these at a time.
 */
export async function makeHsm(): Promise<LocalHsm> {
  const tools = await softHsm((line) => process.stderr.write(`sealstream: ${line}\n`));
  const dir = mkdtempSync(join(tmpdir(), 'sealstream-hsm-'));
  const tokens = join(dir, 'tokens');
  mkdirSync(tokens, { mode: 0o700 });
  const settings = join(dir, 'softhsm2.conf');
  writeFileSync(settings, `directories.tokendir = ${tokens}\nlog.level = ERROR\n`);
  const env = { SOFTHSM2_CONF: settings };
  process.env['SOFTHSM2_CONF'] = settings;
  const pin = String(randomInt(PIN_DIGITS_MIN, 2 * PIN_DIGITS_MIN));
  const tokenLabel = `sealstream ${randomBytes(4).toString('hex')}`;
  const pinFile = join(dir, 'pin');
  const run = (program: string, args: readonly string[]) =>
    execFileSync(program, args, { stdio: 'pipe', env: { ...process.env, ...env, PIN: pin } });
  const init = ['--init-token', '--free', '--label', tokenLabel, '--so-pin', pin, '--pin', pin];
  run(tools.util, init);
  const writePin = (text: string): void => writeFileSync(pinFile, `${text}\n`, { mode: 0o600 });
  writePin(pin);
  return {
    module: tools.module,
    tokenLabel,
    pinFile,
    pin,
    env,
    createKeys(name, purposes, ...more) {
      const token = ['--module', tools.module, '--token-label', tokenLabel];
      const sign = ['--login', '--pin', 'env:PIN'];
      const kind = ['--keygen', '--key-type', 'AES:32', '--sensitive', '--usage-decrypt'];
      const how = more.length > 0 ? more : kind;
      for (const purpose of purposes)
        run(tools.pkcs11Tool, [...token, ...sign, ...how, '--label', `${name}-${purpose}`]);
    },
    cut: async () => renameSync(tokens, `${tokens}.away`),
    mend: async () => renameSync(`${tokens}.away`, tokens),
    writePin,
    close: async () => rmSync(dir, { recursive: true, force: true }),
  };
}
