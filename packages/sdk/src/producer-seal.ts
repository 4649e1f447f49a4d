import { SealstreamError } from '@sealstream/contracts';
import {
  openWith,
  ProducerCipher,
  PUBLIC_KEY_FORM,
  type PublicKey,
  readPublicKey,
} from '@sealstream/crypto';
import { bytesOf } from './consumed-record.ts';

export interface ProducerSealOptions {
  /** What `sealstream keys public --purpose producer` gave. */
  readonly publicKey: Uint8Array | string;
  /** signer.pub of whoever runs Sealstream (PEM): a key of somebody else is refused. */
  readonly signerPublicKey: Uint8Array | string;
}

/** What a producer is about to send, as far as sealing goes by it. */
export interface ProducedRecord {
  /** Stays in clear on raw; the sealed value opens with this key alone. */
  readonly key?: Uint8Array | string | null | undefined;
  readonly value: Uint8Array | string | null;
}

/** Seals records of one dataset before they reach Kafka. Only ingest opens them. */
export interface ProducerSeal {
  readonly dataset: string;
  /** The key that it seals to. */
  readonly keyId: string;
  /** The same record with its value sealed; a tombstone stays one. Nothing that was given changes. */
  sealRecord<R extends ProducedRecord>(record: R): R & { readonly value: Buffer | null };
}

/**
 * Makes a seal, once for many records.
 *
 * Throws KEYSET_BAD_SIGNATURE (another signer), KEYSET_UNREADABLE (no public key for producers), and
 * KEY_FILE_INVALID (no signer.pub).
 */
export function openProducerSeal(options: ProducerSealOptions): ProducerSeal {
  const signer = readPublicKey(bytesOf(options.signerPublicKey) ?? Buffer.alloc(0));
  // Whether the line end was kept on the way says nothing.
  const text = (bytesOf(options.publicKey) ?? Buffer.alloc(0)).toString('utf8').trimEnd();
  const given = Buffer.from(`${text}\n`);
  const { document } = openWith(PUBLIC_KEY_FORM, 'public key', given, signer);
  const { dataset, id, publicKey, purpose } = document;
  if (purpose !== 'producer') throw new SealstreamError('KEYSET_UNREADABLE', { keyset: purpose });
  const sealsTo: PublicKey = { id, publicKey: Buffer.from(publicKey, 'base64url') };
  const keys = { publicKey: () => sealsTo };
  const cipher = new ProducerCipher(dataset);
  return {
    dataset,
    keyId: id,
    sealRecord: (record) => {
      const value = bytesOf(record.value);
      const sealed = value === null ? null : cipher.seal(keys, bytesOf(record.key), value);
      return { ...record, value: sealed };
    },
  };
}
