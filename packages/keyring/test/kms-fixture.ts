import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DisableKeyCommand,
  KMSClient,
} from '@aws-sdk/client-kms';
import type { Purpose } from '@sealstream/contracts';
import { Moto } from '../../../tools/stack/moto.ts';
import { Line } from './keyring-fixture.ts';

/** A KMS of our own on this machine, behind a line that can be cut. */
export interface LocalKms {
  readonly moto: Moto;
  readonly line: Line;
  /** Where the line begins. */
  readonly endpoint: string;
  readonly region: string;
  /** What the client of this process signs in with. */
  readonly secrets: readonly string[];
  /** Makes a key for each purpose under the alias `alias/<name>-<purpose>`. */
  createKeys(name: string, purposes: readonly Purpose[]): Promise<void>;
  /** Disables the key that was made last. */
  disableLast(): Promise<void>;
  close(): Promise<void>;
}

/** Starts moto and gives this process credentials for it. */
export async function startKms(): Promise<LocalKms> {
  const dir = mkdtempSync(join(tmpdir(), 'sealstream-kms-'));
  const say = (line: string) => process.stderr.write(`sealstream: ${line}\n`);
  const moto = await Moto.start(join(dir, 'moto.log'), say);
  const secrets = [`AKIA${randomBytes(8).toString('hex')}`, randomBytes(20).toString('hex')];
  [process.env['AWS_ACCESS_KEY_ID'], process.env['AWS_SECRET_ACCESS_KEY']] = secrets;
  const line = new Line(moto.url);
  const region = 'eu-central-1';
  const client = new KMSClient({ endpoint: moto.url, region });
  let last: string | undefined;
  return {
    moto,
    line,
    region,
    endpoint: await line.open(),
    secrets,
    async createKeys(name, purposes) {
      for (const purpose of purposes) {
        const made = await client.send(new CreateKeyCommand({ KeyUsage: 'ENCRYPT_DECRYPT' }));
        const AliasName = `alias/${name}-${purpose}`;
        last = made.KeyMetadata?.KeyId;
        await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: last }));
      }
    },
    async disableLast() {
      await client.send(new DisableKeyCommand({ KeyId: last }));
    },
    async close() {
      line.close();
      client.destroy();
      await moto.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
