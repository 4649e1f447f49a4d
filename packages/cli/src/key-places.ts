import { join } from 'node:path';

import { vkeyPath } from '@sealstream/audit-log';

import type { Context } from './context.ts';
import type { KeyOptions } from './options.ts';

/** Where the key files stand; `sealstream init` makes them. */
export interface KeyPlaces {
  /** Holds `<purpose>.key` of every purpose. */
  readonly dir: string;
  /** Signs keysets; its public half is what services get. */
  readonly signer: string;
  readonly signerPublic: string;
  /** Signs checkpoints of the audit log. */
  readonly auditKey: string;
  /** Verifies them. */
  readonly auditVkey: string;
  /** What access recognises known devices by. */
  readonly accessSecret: string;
}

/** The key files of a directory. */
export function keyPlacesIn(dir: string): KeyPlaces {
  const auditKey = join(dir, 'audit.key');
  return {
    dir,
    signer: join(dir, 'signer.key'),
    signerPublic: join(dir, 'signer.pub'),
    auditKey,
    auditVkey: vkeyPath(auditKey),
    accessSecret: join(dir, 'access.secret'),
  };
}

/** The key files that a command goes by: --key-dir, else the settings. */
export function keyPlacesOf(context: Context, { keyDir }: KeyOptions): KeyPlaces {
  const { auditKeyFile, keyDir: configured, signerPublicKeyFile } = context.config();
  const places = keyPlacesIn(keyDir ?? configured);
  if (keyDir !== undefined) return places;
  return {
    ...places,
    signerPublic: signerPublicKeyFile ?? places.signerPublic,
    auditKey: auditKeyFile ?? places.auditKey,
    auditVkey: auditKeyFile === undefined ? places.auditVkey : vkeyPath(auditKeyFile),
  };
}
