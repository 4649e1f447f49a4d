import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, type Purpose, PURPOSES, SealstreamError } from '@sealstream/contracts';
import type { Signer } from '@sealstream/crypto';
import { createKeyFiles, createSignerFiles, readSignerFile } from '../src/key-file.ts';
import type { KeysetHeads } from '../src/keyset-heads.ts';
import { fileProvider } from '../src/file-provider.ts';
import type { OutermostKeys } from '../src/outermost-keys.ts';

/** Key files of an operator in a directory of their own. */
export interface KeyFiles {
  readonly dir: string;
  readonly signer: Signer;
  provider(purposes?: readonly Purpose[]): OutermostKeys;
  remove(): void;
}

export function makeKeyFiles(): KeyFiles {
  const dir = mkdtempSync(join(tmpdir(), 'sealstream-keyring-'));
  createKeyFiles(dir, PURPOSES);
  const [privatePath, publicPath] = [join(dir, 'signer.pem'), join(dir, 'signer.pub.pem')];
  createSignerFiles(privatePath, publicPath);
  return {
    dir,
    signer: readSignerFile(privatePath),
    provider: (purposes = PURPOSES) => fileProvider(dir, purposes),
    remove: () => rmSync(dir, { recursive: true }),
  };
}

/** Heads in memory, with every document that was ever published. */
export class KeptHeads implements KeysetHeads {
  readonly published: { name: string; document: Buffer }[] = [];
  fail = false;
  /** Whether we have no right to write to them. */
  isForbidden = false;
  /** Called once, before the next document is taken: what happens while a publisher is slow. */
  meanwhile: (() => Promise<unknown>) | undefined;

  async load(): Promise<ReadonlyMap<string, Uint8Array>> {
    return new Map(this.published.map(({ name, document }) => [name, document]));
  }

  async requireWritable(): Promise<void> {
    if (this.isForbidden) throw new SealstreamError('KAFKA_REFUSED', { topic: 'keyring' });
  }

  async publish(name: string, document: Uint8Array): Promise<void> {
    if (this.fail) throw new Error('the topic is away');
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
    this.published.push({ name, document: Buffer.from(document) });
  }
}

/** A logger that keeps what it was told. */
export class KeptLog implements Logger {
  readonly lines: string[] = [];
  debug = (...line: unknown[]): void => void this.lines.push(JSON.stringify(line));
  info = this.debug;
  warn = this.debug;
  error = this.debug;
}

/** A TCP line to a server on this machine that can be slow, cut and mended. */
export class Line {
  /** How long bytes take, each way. */
  delayMs = 0;
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #cut = false;
  #answersLeft = Number.POSITIVE_INFINITY;

  constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((near) => {
      if (this.#cut) {
        near.destroy();
        return;
      }
      const far = connect(Number(this.#target.port), this.#target.hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one.on('data', (bytes: Buffer) => {
          if (one === far && this.#answersLeft-- <= 0) this.cut();
          else if (this.delayMs === 0) other.write(bytes);
          else setTimeout(() => other.write(bytes), this.delayMs);
        });
        one.on('end', () => other.end());
        one.on('error', () => other.destroy());
        one.on('close', () => {
          this.#sockets.delete(one);
          other.destroy();
        });
      }
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    const address = this.#server.address();
    const url = new URL(this.#target);
    url.port = String(typeof address === 'object' ? address?.port : '');
    return url.href;
  }

  /** Cuts itself after so many answers of the server; what came next is lost. */
  cutAfter(answers: number): void {
    this.#answersLeft = answers;
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

/** The code that something throws, or what it gives back instead. */
export async function codeOf(work: () => unknown): Promise<unknown> {
  try {
    return ['gave', await work()];
  } catch (error) {
    return (error as { code?: unknown }).code ?? String(error);
  }
}

/** Waits until it holds; a test's own time limit ends it otherwise. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setTimeout(done, 5));
}
