import { readFileSync } from 'node:fs';

import { SealstreamError } from '@sealstream/contracts';

import { CLI_SETTINGS, type CliConfig } from '../cli-settings.ts';

/** Where access answers, and whose certificate is believed. */
export interface AccessPlace {
  /** Scheme, host and port, without a slash at the end. */
  readonly origin: string;
  /** Authorities as PEM; undefined for the system's. */
  readonly ca: string | undefined;
  /** How long until the connection stands. */
  readonly connectMs: number;
  /** How long until the answer is there, from then on. */
  readonly answerMs: number;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * The access that the settings name; undefined when they name none.
 *
 * @throws SealstreamError CONFIG_INVALID for an address that would send secrets in the clear, or that is
 *   more than an origin; for a file of authorities that cannot be read
 */
export function accessPlaceOf(config: CliConfig): AccessPlace | undefined {
  const { accessCaFile, accessUrl, accessWaitMs, connectWaitMs } = config;
  if (accessUrl === undefined) return undefined;
  const { hash, hostname, origin, password, pathname, protocol, search, username } = new URL(
    accessUrl,
  );
  const isSafe = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
  const isOrigin = [hash, password, search, username].every((part) => part === '');
  if (!isSafe || !isOrigin || pathname !== '/') {
    const { env } = CLI_SETTINGS.accessUrl;
    const hint = 'It must be https://HOST:PORT and nothing else; http is for 127.0.0.1 alone.';
    throw new SealstreamError('CONFIG_INVALID', { setting: env }, hint);
  }
  const ca = accessCaFile === undefined ? undefined : authorities(accessCaFile);
  return { origin, ca, connectMs: connectWaitMs, answerMs: accessWaitMs };
}

function authorities(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const { env } = CLI_SETTINGS.accessCaFile;
    const hint =
      'The file cannot be read. It is the certificate of the authority of access, as PEM.';
    throw new SealstreamError('CONFIG_INVALID', { setting: env, file }, hint);
  }
}
