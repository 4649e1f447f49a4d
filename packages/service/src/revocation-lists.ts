import type { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { SealstreamError } from '@sealstream/contracts';
import { Certificate, CertificateRevocationList } from 'pkijs';
import { pemBlocks } from './pem-blocks.ts';

/** A changed file is seen after so long at most. */
const LOOK_MS = 1_000;
const FILE_BYTES_MAX = 16 * 1024 * 1024;
/** How far the clock of an authority may be ahead. */
const AHEAD_MS = 300_000;

/** What one authority has revoked. */
interface Revoked {
  readonly serials: ReadonlySet<bigint>;
  readonly fromMs: number;
  readonly untilMs: number;
}

const unusable = (reason: string) => new SealstreamError('REVOCATIONS_UNUSABLE', { reason });
const serialOf = (hex: string) => BigInt(`0x${hex}`);

/** One list, whole and for all certificates of its authority. */
function readList(der: Buffer): CertificateRevocationList {
  let list: CertificateRevocationList;
  try {
    list = CertificateRevocationList.fromBER(new Uint8Array(der));
  } catch {
    throw unusable('a list that cannot be read');
  }
  // A part of a list, or the changes since one, says so in a critical extension (RFC 5280, 5.2).
  if (list.crlExtensions?.extensions.some(({ critical }) => critical) === true)
    throw unusable('a list of a part');
  return list;
}

function revokedBy({
  revokedCertificates,
  thisUpdate,
  nextUpdate,
}: CertificateRevocationList): Revoked {
  const hex = (view: Uint8Array) => Buffer.from(view).toString('hex');
  const serials = (revokedCertificates ?? []).map(({ userCertificate }) =>
    serialOf(hex(userCertificate.valueBlock.valueHexView)),
  );
  // RFC 5280 asks for a next update; without one a list would count for ever.
  const untilMs = nextUpdate?.value.getTime() ?? 0;
  return { serials: new Set(serials), fromMs: thisUpdate.value.getTime(), untilMs };
}

/** Certificates that their authorities took back, from a file that is read again when it changes. */
export class RevocationLists {
  readonly #file: string;
  readonly #authorities: readonly X509Certificate[];
  #lists: Promise<ReadonlyMap<X509Certificate, Revoked>> | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #state = '';

  constructor(file: string, authorities: readonly X509Certificate[]) {
    this.#file = file;
    this.#authorities = authorities;
  }

  /**
   * Holds a certificate and each authority above it against the lists. A root is revoked by being taken
   * out of the configuration.
   *
   * @param above who signed it, who signed that one, and so on up to a root
   * @throws SealstreamError SIGN_IN_REFUSED when one was revoked; REVOCATIONS_UNUSABLE when it cannot be
   *   told
   */
  async check(
    certificate: X509Certificate,
    above: readonly X509Certificate[],
    now: Date,
  ): Promise<void> {
    const lists = await this.#current();
    let at = certificate;
    for (const authority of above) {
      const list = lists.get(authority);
      if (list === undefined) throw unusable('no list of an authority');
      if (now.getTime() > list.untilMs || now.getTime() < list.fromMs - AHEAD_MS)
        throw unusable('a list past its time');
      if (list.serials.has(serialOf(at.serialNumber)))
        throw new SealstreamError('SIGN_IN_REFUSED', { reason: 'revoked' });
      at = authority;
    }
  }

  async #current(): Promise<ReadonlyMap<X509Certificate, Revoked>> {
    const nowMs = performance.now();
    if (this.#lists === undefined || nowMs - this.#lookedAtMs >= LOOK_MS) {
      const state = await this.#stateOfFile();
      this.#lookedAtMs = nowMs;
      if (this.#lists === undefined || state !== this.#state) this.#lists = this.#read();
      this.#state = state;
      // Whoever waits is told; without anybody it must not end the process.
      this.#lists.catch(() => undefined);
    }
    return this.#lists;
  }

  async #stateOfFile(): Promise<string> {
    try {
      const { mtimeMs, ctimeMs, size, ino } = await stat(this.#file);
      return `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
    } catch {
      return 'away';
    }
  }

  async #read(): Promise<ReadonlyMap<X509Certificate, Revoked>> {
    let text: string;
    try {
      text = await readFile(this.#file, 'latin1');
    } catch {
      throw unusable('the file cannot be read');
    }
    if (text.length > FILE_BYTES_MAX) throw unusable('a file over 16 MiB');
    const lists = new Map<X509Certificate, Revoked>();
    for (const der of pemBlocks(text, 'X509 CRL')) {
      const list = readList(der);
      const revoked = revokedBy(list);
      const authority = await this.#signerOf(list);
      if (authority === undefined) throw unusable('a list of nobody who is known');
      const before = lists.get(authority);
      // Of two lists of one authority the later counts.
      if (before === undefined || before.fromMs < revoked.fromMs) lists.set(authority, revoked);
    }
    return lists;
  }

  async #signerOf(list: CertificateRevocationList): Promise<X509Certificate | undefined> {
    for (const authority of this.#authorities) {
      const issuerCertificate = Certificate.fromBER(new Uint8Array(authority.raw));
      const signed = await list.verify({ issuerCertificate }).catch(() => false);
      if (signed) return authority;
    }
    return undefined;
  }
}
