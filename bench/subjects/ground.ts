import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Purpose, PURPOSES } from '@sealstream/contracts';
import {
  createKeyFiles,
  createSignerFiles,
  epochFiles,
  fileProvider,
  type KeyringOptions,
  type KeysetAdminOptions,
  openSubjectAdmin,
  openSubjects,
  readSignerFile,
  type SubjectAdmin,
  type Subjects,
} from '@sealstream/keyring';

/** One use, as a field cipher has it. */
export const USE = {
  purpose: 'subject',
  algorithm: 'xchacha20-poly1305',
  format: 'field-token',
  dataset: 'people',
  path: '/ssn',
} as const;

const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** Key files, epochs, heads and subjects of one run, in a directory of its own. */
export class SubjectsGround {
  readonly #dir = mkdtempSync(join(tmpdir(), 'sealstream-bench-subjects-'));
  readonly #heads = new Map<string, Uint8Array>();
  readonly #redisUrl: string;

  constructor(redisUrl: string) {
    this.#redisUrl = redisUrl;
    createKeyFiles(this.#dir, PURPOSES);
    createSignerFiles(this.file('signer.key'), this.file('signer.pub'));
  }

  file(name: string): string {
    return join(this.#dir, name);
  }

  admin(): Promise<SubjectAdmin> {
    return openSubjectAdmin({ ...this.#common(), signer: readSignerFile(this.file('signer.key')) });
  }

  /** Subjects as a process that starts has them: nothing is in memory. */
  async process(mayCreate: boolean): Promise<Subjects> {
    const { publicKey: signerPublicKey } = readSignerFile(this.file('signer.key'));
    const subjects = await openSubjects({ ...this.#common(), signerPublicKey, mayCreate });
    await subjects.ready();
    return subjects;
  }

  /** What opens the side that changes keysets of the same ground. */
  keysetAdmin(): KeysetAdminOptions {
    const { heads, logger, redisUrl } = this.#common();
    const signer = readSignerFile(this.file('signer.key'));
    return { heads, logger, redisUrl, signer, provider: fileProvider(this.#dir, PURPOSES) };
  }

  /** What opens a keyring of the same ground. */
  keyring(purposes: readonly Purpose[]): KeyringOptions {
    const { dataset, heads, logger, redisUrl } = this.#common();
    const { publicKey: signerPublicKey } = readSignerFile(this.file('signer.key'));
    const provider = fileProvider(this.#dir, purposes);
    return { heads, logger, redisUrl, signerPublicKey, provider, purposes, datasets: [dataset] };
  }

  remove(): void {
    rmSync(this.#dir, { recursive: true });
  }

  #common() {
    const published = this.#heads;
    return {
      dataset: USE.dataset,
      redisUrl: this.#redisUrl,
      epochs: {
        store: epochFiles(this.file('epochs')),
        provider: fileProvider(this.#dir, ['subject']),
      },
      heads: {
        load: async () => published,
        requireWritable: async () => undefined,
        publish: async (name: string, document: Uint8Array) => void published.set(name, document),
      },
      logger,
    };
  }
}

/** Indexes of so many subjects, one after the other in one buffer. */
export function someIndexes(count: number): Buffer {
  return randomBytes(16 * count);
}

export function indexText(indexes: Buffer, n: number): string {
  return indexes.toString('base64url', 16 * n, 16 * n + 16);
}

/**
 * Asks for the keys of subjects in batches, as a stage does: all of a batch, brings what is missing,
 * asks again. Gives key ids, or the code of why there is none.
 */
export async function idsOf(
  { keys }: Subjects,
  indexes: Buffer,
  batchSize: number,
  onProgress: (done: number) => void = () => undefined,
): Promise<string[]> {
  const ids: string[] = [];
  const count = indexes.length / 16;
  const ask = (n: number): string => {
    try {
      return keys.active(USE, indexes, 16 * n).id;
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  };
  for (let from = 0; from < count; from += batchSize) {
    const to = Math.min(count, from + batchSize);
    for (let n = from; n < to; n++) ask(n);
    if (keys.wants) await keys.bring();
    for (let n = from; n < to; n++) ids.push(ask(n));
    onProgress(to);
  }
  return ids;
}
