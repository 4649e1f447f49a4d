import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { SealstreamError } from '@sealstream/contracts';
import { createFile, readSecretFile, replaceFile } from '@sealstream/keyring';

/** 256 bits. */
const PASSWORD_BYTES = 32;
const PASSWORD = /^[A-Za-z0-9_-]{43}$/;

const END = '.password';
/** Beside it while the password changes: until it is gone, nobody knows which of the two the broker takes. */
const NEXT_END = `${END}.next`;

/** The file with the password of a user of Kafka, for its owner alone: DIR/USER.password. */
export class PasswordFile {
  readonly path: string;
  readonly #next: string;

  constructor(dir: string, user: string) {
    this.path = join(dir, `${user}${END}`);
    this.#next = join(dir, `${user}${NEXT_END}`);
  }

  /**
   * The password in the file, which is made where it is not there.
   *
   * @throws SealstreamError KEY_FILE_OPEN when others can read it, FILE_UNREADABLE, DISK_FULL; USAGE when
   *   something else is in it
   */
  present(): string {
    return passwordOf(this.path);
  }

  /** The password that comes next: that of a rotation that broke off, or a new one. Throws as `present`. */
  next(): string {
    return passwordOf(this.#next);
  }

  /** Puts the next password in the place of the present one. Throws FILE_UNREADABLE. */
  settle(): void {
    replaceFile(this.#next, this.path);
  }

  /** Takes both away. */
  remove(): void {
    for (const file of [this.path, this.#next]) rmSync(file, { force: true });
  }
}

/**
 * Users whose password was about to change when something broke off, by name.
 *
 * @throws SealstreamError FILE_UNREADABLE
 */
export function unfinishedRotations(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((name) => name.endsWith(NEXT_END))
      .map((name) => name.slice(0, -NEXT_END.length))
      .toSorted();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new SealstreamError('FILE_UNREADABLE', { file: dir, error: code });
  }
}

function passwordOf(file: string): string {
  if (!existsSync(file)) {
    const password = randomBytes(PASSWORD_BYTES).toString('base64url');
    createFile(file, Buffer.from(password));
    return password;
  }
  const bytes = readSecretFile(file);
  const password = bytes.toString('latin1').trimEnd();
  bytes.fill(0);
  if (PASSWORD.test(password)) return password;
  const mend =
    'The file is no password that this command made: take it away, or name another --dir.';
  throw new SealstreamError('USAGE', { file }, mend);
}
