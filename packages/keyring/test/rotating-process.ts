// Rotates the epochs of one dataset, in a process that a test may kill at any moment.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { epochFiles } from '../src/epoch-file.ts';
import { readSignerFile } from '../src/key-file.ts';
import type { KeysetHeads } from '../src/keyset-heads.ts';
import { fileProvider } from '../src/file-provider.ts';
import { openSubjectAdmin } from '../src/subject-admin.ts';

export interface RotatingProcess {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly keyDir: string;
  readonly epochDir: string;
  readonly heads: string;
  readonly backup: string;
}

/** Heads in a file, so that processes share them. */
export class FileHeads implements KeysetHeads {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  async load(): Promise<ReadonlyMap<string, Uint8Array>> {
    const kept = JSON.parse(readFileSync(this.#file, 'utf8')) as [string, string][];
    return new Map(kept.map(([name, text]) => [name, Buffer.from(text)]));
  }

  async requireWritable(): Promise<void> {}

  async publish(name: string, document: Uint8Array): Promise<void> {
    const all = new Map([...(await this.load()), [name, document]]);
    const kept = Array.from(all, ([known, bytes]) => [known, Buffer.from(bytes).toString()]);
    writeFileSync(`${this.#file}.new`, JSON.stringify(kept));
    renameSync(`${this.#file}.new`, this.#file);
  }
}

const [, program, given] = process.argv;
if (given !== undefined && program.endsWith('rotating-process.ts')) {
  const { backup, epochDir, heads, keyDir, prefix, redisUrl } = JSON.parse(
    given,
  ) as RotatingProcess;
  const quiet = () => undefined;
  const admin = await openSubjectAdmin({
    dataset: 'people',
    redisUrl,
    prefix,
    epochs: { store: epochFiles(epochDir), provider: fileProvider(keyDir, ['subject']) },
    signer: readSignerFile(`${keyDir}/signer.pem`),
    heads: new FileHeads(heads),
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  process.stdout.write('begun\n');
  const { epoch } = await admin.rotateEpoch({ backup });
  process.stdout.write(`done ${epoch}\n`);
  admin.stop();
}
