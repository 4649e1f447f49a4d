import { SealstreamError } from '@sealstream/contracts';

/** What a sealed record is bound to besides its format, dataset, stage and key id. */
export interface RecordBinding {
  /** 16 bytes: the source coordinate (topic incarnation, partition, offset). */
  readonly source: Uint8Array;
  /** The Kafka key of the record; null and empty are different. */
  readonly key: Uint8Array | null;
  /** The encoded carried headers; may be empty. */
  readonly headers: Uint8Array;
}

const SOURCE_BYTES = 16;
const NO_KEY = 0;
const HAS_KEY = 1;

/**
 * The associated data of one record: `fixed` (length-prefixed parts that the cipher keeps ready),
 * then source, key (one byte says whether there is one) and headers, length-prefixed too.
 */
export function recordAssociated(fixed: Buffer, binding: RecordBinding): Buffer {
  const { source, key, headers } = binding;
  // Precondition: a source coordinate is 16 bytes.
  if (source.length !== SOURCE_BYTES)
    throw new SealstreamError('INTERNAL', { sourceBytes: source.length });
  const keyBytes = 1 + (key?.length ?? 0);
  const size = fixed.length + 12 + SOURCE_BYTES + keyBytes + headers.length;
  const joined = Buffer.allocUnsafe(size);
  joined.set(fixed, 0);
  let at = joined.writeUInt32BE(SOURCE_BYTES, fixed.length);
  joined.set(source, at);
  at = joined.writeUInt32BE(keyBytes, at + SOURCE_BYTES);
  at = joined.writeUInt8(key === null ? NO_KEY : HAS_KEY, at);
  if (key !== null) joined.set(key, at);
  at = joined.writeUInt32BE(headers.length, at + keyBytes - 1);
  joined.set(headers, at);
  return joined;
}
