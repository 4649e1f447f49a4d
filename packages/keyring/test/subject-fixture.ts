import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deriveKey, type KeyHandle, type KeyUse, type SubjectKeySource } from '@sealstream/crypto';
import { inject } from 'vitest';
import { epochFiles } from '../src/epoch-file.ts';
import type { EpochSource } from '../src/epoch-keys.ts';
import { openSubjectAdmin, type SubjectAdmin } from '../src/subject-admin.ts';
import { openSubjects, type Subjects, type SubjectsOptions } from '../src/subjects.ts';
import { KeptHeads, KeptLog, type KeyFiles, makeKeyFiles } from './keyring-fixture.ts';

/** One use of subject keys, as a field cipher has it. */
export const USE: KeyUse = {
  purpose: 'subject',
  algorithm: 'xchacha20-poly1305',
  format: 'field-token',
  dataset: 'people',
  path: '/ssn',
};

export const ORDER = { reason: 'request 4711', actor: 'somebody@somewhere' };

/** A subject's index, as random as a keyed hash. */
export function anIndex(): Buffer {
  return randomBytes(16);
}

export function text(index: Buffer): string {
  return index.toString('base64url');
}

/** What two handles have in common exactly when their keys are equal. */
export function fingerprint(key: KeyHandle): string {
  const derived = Buffer.alloc(32);
  deriveKey(key, USE, derived);
  return derived.toString('hex');
}

/** Asks until it has an answer, as a stage does. */
export async function brought<T>(keys: SubjectKeySource, ask: () => T): Promise<T> {
  for (;;) {
    try {
      return ask();
    } catch (error) {
      if ((error as { code?: string }).code !== 'SUBJECT_KEYS_WANTED') throw error;
      await keys.bring();
    }
  }
}

/** The key of a subject: its id, and what its key is known by. */
export function keyOf(keys: SubjectKeySource, index: Buffer): Promise<{ id: string; key: string }> {
  return brought(keys, () => {
    const { id, key } = keys.active(USE, index, 0);
    return { id, key: fingerprint(key) };
  });
}

/** What a key id opens with. */
export function byId(keys: SubjectKeySource, id: string): Promise<string> {
  return brought(keys, () => fingerprint(keys.byId(USE, id)));
}

/** Subjects of one test: a prefix in Redis, heads, key files and an epoch directory of its own. */
export class SubjectGround {
  readonly files: KeyFiles = makeKeyFiles();
  readonly dir = mkdtempSync(join(tmpdir(), 'sealstream-subjects-'));
  readonly heads = new KeptHeads();
  readonly log = new KeptLog();
  readonly prefix = `test-${randomUUID()}:`;
  readonly redisUrl = inject('stack').redisUrl;
  readonly #stops: { stop(): void }[] = [];

  get source(): EpochSource {
    return {
      store: epochFiles(join(this.dir, 'epochs')),
      provider: this.files.provider(['subject']),
    };
  }

  file(name: string): string {
    return join(this.dir, name);
  }

  async admin(more: { epochs?: EpochSource; redisUrl?: string } = {}): Promise<SubjectAdmin> {
    const admin = await openSubjectAdmin({
      dataset: 'people',
      redisUrl: this.redisUrl,
      prefix: this.prefix,
      epochs: this.source,
      signer: this.files.signer,
      heads: this.heads,
      logger: this.log,
      ...more,
    });
    this.#stops.push(admin);
    return admin;
  }

  /** A process that makes keys, unless told otherwise. */
  async open(more: Partial<SubjectsOptions> = {}): Promise<Subjects> {
    const subjects = await openSubjects({
      dataset: 'people',
      redisUrl: this.redisUrl,
      prefix: this.prefix,
      epochs: this.source,
      mayCreate: true,
      signerPublicKey: this.files.signer.publicKey,
      heads: this.heads,
      logger: this.log,
      pollMs: 60_000,
      ...more,
    });
    this.#stops.push(subjects);
    return subjects;
  }

  /** As open, and ready. */
  async process(more: Partial<SubjectsOptions> = {}): Promise<Subjects> {
    const subjects = await this.open(more);
    await subjects.ready();
    return subjects;
  }

  end(): void {
    for (const one of this.#stops.splice(0)) one.stop();
    this.files.remove();
    rmSync(this.dir, { recursive: true });
  }
}
