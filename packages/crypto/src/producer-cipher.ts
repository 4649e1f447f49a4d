import { SealstreamError } from '@sealstream/contracts';
import type { KeySource } from './key-source.ts';
import type { RecordBinding } from './record-binding.ts';
import { RecordCipher } from './record-cipher.ts';

/**
 * What a record begins with that its producer sealed: 0x03, `ssp`, and the digit of the version. No
 * JSON begins so, nor anything else that Sealstream seals.
 */
const MARKER = Buffer.from('\u0003ssp1', 'latin1');
/** The marker without its version: later versions count as sealed, too, and are refused. */
const NAME_BYTES = 4;
/** A producer does not know where its record will stand. */
const NO_SOURCE = Buffer.alloc(16);

/** Bytes that a sealed record has more than its plaintext: marker, form, key id, box, nonce, tag. */
export const PRODUCER_SEAL_BYTES = MARKER.length + 1 + 12 + 80 + 24 + 16;

/** Whether bytes[from, to) begin as a record does that its producer sealed. */
export function looksProducerSealed(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < NAME_BYTES) return false;
  for (let at = 0; at < NAME_BYTES; at += 1) if (bytes[from + at] !== MARKER[at]) return false;
  return true;
}

/** The sealed record behind the marker, a view; undefined when the bytes begin otherwise. */
export function behindProducerMarker(bytes: Buffer): Buffer | undefined {
  const { length } = MARKER;
  return MARKER.equals(bytes.subarray(0, length)) ? bytes.subarray(length) : undefined;
}

/**
 * Seals records before they reach Kafka to the public half of a dataset's key pair of the purpose
 * `producer`, and opens them with the private half (docs/wire-format.md).
 *
 * Promises: a record opens only for its dataset and with the Kafka key that it was sealed with. It
 * proves nothing about who sealed it, and does not show that it was written twice.
 */
export class ProducerCipher {
  readonly #cipher: RecordCipher;

  constructor(dataset: string) {
    this.#cipher = new RecordCipher('producer', dataset, 'raw');
  }

  seal(keys: Pick<KeySource, 'publicKey'>, key: Uint8Array | null, plain: Uint8Array): Buffer {
    return Buffer.concat([MARKER, this.#cipher.sealToPublic(keys, bindingOf(key), plain)]);
  }

  /**
   * The plaintext; the caller's own. Throws RECORD_NOT_AUTHENTIC, and KEY_UNKNOWN, KEY_DESTROYED and
   * their kin from the key source.
   */
  open(keys: Pick<KeySource, 'privateKey'>, key: Uint8Array | null, bytes: Buffer): Buffer {
    const sealed = behindProducerMarker(bytes);
    if (sealed === undefined) throw new SealstreamError('RECORD_NOT_AUTHENTIC', { stage: 'raw' });
    return this.#cipher.openSealed(keys, bindingOf(key), sealed);
  }
}

function bindingOf(key: Uint8Array | null): RecordBinding {
  return { source: NO_SOURCE, key, headers: MARKER };
}
