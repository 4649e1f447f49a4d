import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls';

import { type CertificatePair, certificateFacts, fitsKey } from '@sealstream/certificates';
import { type ErrorCode, type Logger, SealstreamError } from '@sealstream/contracts';
import { readSecretFile } from '@sealstream/keyring';

import type { Metrics } from './metrics.ts';

const POLL_MS = 5_000;

/** Where the certificate of a server is, all in PEM. */
export interface TlsFilePaths {
  /** Its certificate, then those between it and the authority. */
  readonly certFile: string;
  /** Its private key; for its owner alone to read. */
  readonly keyFile: string;
  /** Authorities of clients; where given, a client without a certificate of theirs is refused. */
  readonly clientCaFile?: string | undefined;
}

export interface TlsFileOptions extends TlsFilePaths {
  /** What is served under it: `http`; a label of the metrics. */
  readonly use: string;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'tlsExpiry' | 'tlsReloads'>;
  /**
   * Clients are asked for a certificate and let through without one, or with one that does not verify:
   * whoever answers them looks at it.
   */
  readonly letsAllConnect?: boolean | undefined;
  /** How often the files are looked at; 5 s unless told. */
  readonly pollMs?: number;
}

/** Any server of node:tls, node:https or what stands on one of them. */
interface Served {
  setSecureContext(options: SecureContextOptions): void;
}

/**
 * The certificate of a server, taken anew from its files when they change.
 *
 * Promises: TLS 1.2 or newer. Another pair is taken when it parses, fits and is valid now; else the one
 * in use stays, and the refusal is logged once and counted. Connections that stand are not touched.
 */
export class TlsFiles {
  readonly #options: TlsFileOptions;
  readonly #served = new Set<Served>();
  readonly #timer: NodeJS.Timeout;
  #used: SecureContextOptions;
  /** What was last read, taken or refused, so that each is told once. */
  #seen: string;

  private constructor(options: TlsFileOptions) {
    this.#options = options;
    const read = readFiles(options);
    this.#used = read.context;
    this.#seen = read.seen;
    this.#tell(read);
    this.#timer = setInterval(() => this.#look(), options.pollMs ?? POLL_MS).unref();
  }

  /**
   * Reads the files.
   *
   * @throws SealstreamError CERTIFICATE_INVALID, FILE_UNREADABLE, KEY_FILE_MISSING, KEY_FILE_OPEN
   */
  static open(options: TlsFileOptions): TlsFiles {
    return new TlsFiles(options);
  }

  /** What a server is made with; `serve` keeps it new. */
  get serverOptions(): TlsOptions {
    const { clientCaFile, letsAllConnect = false } = this.#options;
    const asksClients = clientCaFile !== undefined;
    const demands = asksClients && !letsAllConnect;
    return { ...this.#used, requestCert: asksClients, rejectUnauthorized: demands };
  }

  /** Gives a server that was made with `serverOptions` each later pair. */
  serve(server: Served): void {
    this.#served.add(server);
    // The files may have changed since it was made.
    server.setSecureContext(this.#used);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#served.clear();
  }

  #look(): void {
    const { certFile, logger, metrics, use } = this.#options;
    try {
      const read = readFiles(this.#options, this.#seen);
      if (read.seen === this.#seen) return;
      this.#seen = read.seen;
      for (const server of this.#served) server.setSecureContext(read.context);
      this.#used = read.context;
      this.#tell(read);
      metrics.tlsReloads.inc({ use, outcome: 'taken' });
      logger.info({ file: certFile }, 'took another certificate');
    } catch (error) {
      const { code, place, seen } = asRefusal(error);
      if (seen === this.#seen) return;
      this.#seen = seen;
      metrics.tlsReloads.inc({ use, outcome: 'refused' });
      const problem = typeof place['problem'] === 'string' ? place['problem'] : undefined;
      logger.error({ code, file: certFile, problem }, 'the certificate in use stays');
    }
  }

  #tell({ untilMs }: FilesRead): void {
    const { metrics, use } = this.#options;
    metrics.tlsExpiry.set({ use }, untilMs / 1000);
  }
}

/**
 * A pair of files that fit and are valid now, as TLS takes them; read once.
 *
 * @throws SealstreamError CERTIFICATE_INVALID, FILE_UNREADABLE, KEY_FILE_MISSING, KEY_FILE_OPEN
 */
export function readPair(paths: TlsFilePaths): { readonly cert: string; readonly key: string } {
  const { certificate, privateKey } = readFiles(paths);
  return { cert: certificate, key: privateKey };
}

interface FilesRead extends CertificatePair {
  readonly context: SecureContextOptions;
  /** The texts themselves: told apart without trusting times of files. */
  readonly seen: string;
  /** When the first certificate of the chain ends. */
  readonly untilMs: number;
}

/** A refusal of a pair, with the texts that were refused. */
class PairRefused extends SealstreamError {
  readonly seen: string;

  constructor(file: string, problem: string, seen: string) {
    super('CERTIFICATE_INVALID', { file, problem });
    this.name = 'PairRefused';
    this.seen = seen;
  }
}

function asRefusal(error: unknown): {
  readonly code: ErrorCode;
  readonly place: SealstreamError['place'];
  readonly seen: string;
} {
  if (error instanceof PairRefused) return error;
  if (!(error instanceof SealstreamError)) throw error;
  return { code: error.code, place: error.place, seen: error.message };
}

/** Reads and checks; texts that were seen before are not checked again. */
function readFiles({ certFile, clientCaFile, keyFile }: TlsFilePaths, before = ''): FilesRead {
  const key = readSecretFile(keyFile);
  const privateKey = key.toString('utf8');
  key.fill(0);
  const certificate = readText(certFile);
  const pair = { certificate, privateKey };
  const ca = clientCaFile === undefined ? undefined : readText(clientCaFile);
  const seen = [certificate, privateKey, ca ?? ''].join('\0');
  const context: SecureContextOptions = {
    cert: certificate,
    key: privateKey,
    minVersion: 'TLSv1.2',
    // Who is at the other end is verified once; nobody becomes somebody else after that.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(ca === undefined ? {} : { ca }),
  };
  if (seen === before) return { ...pair, context, seen, untilMs: 0 };
  const refused = (problem: string, file = certFile) => new PairRefused(file, problem, seen);
  const chain = factsOf(certificate);
  if (chain.length === 0) throw refused('holds no certificate that parses');
  if (!fitsKey(pair)) throw refused('does not belong to the key');
  if (chain.some(({ fromMs, untilMs }) => fromMs > Date.now() || untilMs < Date.now()))
    throw refused('is not valid now');
  if (ca !== undefined && factsOf(ca).length === 0)
    throw refused('holds no certificate that parses', clientCaFile);
  try {
    createSecureContext(context);
  } catch {
    throw refused('is not one that TLS takes');
  }
  return { ...pair, context, seen, untilMs: Math.min(...chain.map(({ untilMs }) => untilMs)) };
}

function factsOf(pem: string): ReturnType<typeof certificateFacts> {
  try {
    return certificateFacts(pem);
  } catch {
    return [];
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new SealstreamError('FILE_UNREADABLE', { file });
  }
}
