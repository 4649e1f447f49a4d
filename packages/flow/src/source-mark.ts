import {
  type Branch,
  BRANCHES,
  FORMAT_VERSION,
  SealstreamError,
  SOURCE_HEADER,
} from '@sealstream/contracts';

/** Where a record came from and under which policy it was accepted. */
export interface SourceMark {
  /** 8 bytes: the policy's revision (uint32 BE), then the first 4 bytes of its SHA-256. */
  readonly policyId: Buffer;
  /** First 4 bytes of the raw topic's Kafka id. */
  readonly incarnation: Buffer;
  readonly partition: number;
  readonly offset: bigint;
  /** 0 for the first try, one more for each replay. */
  readonly attempt: number;
  /** Which branch a replayed record is for; the other skips it. */
  readonly branch: Branch;
}

export const PLAIN_BYTES = 25;
export const REPLAY_BYTES = 27;
export const COORDINATE_AT = 9;
export const COORDINATE_BYTES = 16;
const BRANCH_NAMES = Object.keys(BRANCHES) as Branch[];

/** The bytes of SOURCE_HEADER (contracts: headers.ts): 25, or 27 on a replayed record. */
export function encodeSourceMark(mark: SourceMark): Buffer {
  const isReplay = mark.attempt > 0;
  const bytes = Buffer.allocUnsafe(isReplay ? REPLAY_BYTES : PLAIN_BYTES);
  bytes[0] = FORMAT_VERSION;
  bytes.set(mark.policyId, 1);
  bytes.set(mark.incarnation, COORDINATE_AT);
  bytes.writeInt32BE(mark.partition, COORDINATE_AT + 4);
  bytes.writeBigInt64BE(mark.offset, COORDINATE_AT + 8);
  if (isReplay) {
    bytes[PLAIN_BYTES] = mark.attempt;
    bytes[PLAIN_BYTES + 1] = BRANCHES[mark.branch];
  }
  return bytes;
}

/** Throws RECORD_NOT_AUTHENTIC when the bytes are not a mark of this version. */
export function decodeSourceMark(bytes: Uint8Array | null): SourceMark {
  const length = bytes?.length ?? 0;
  const isReplay = length === REPLAY_BYTES;
  if (bytes === null || bytes[0] !== FORMAT_VERSION || !(isReplay || length === PLAIN_BYTES)) {
    throw new SealstreamError('RECORD_NOT_AUTHENTIC', { header: SOURCE_HEADER });
  }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const branch = isReplay ? BRANCH_NAMES[view[PLAIN_BYTES + 1]] : 'both';
  if (branch === undefined) {
    throw new SealstreamError('RECORD_NOT_AUTHENTIC', { header: SOURCE_HEADER });
  }
  return {
    policyId: view.subarray(1, COORDINATE_AT),
    incarnation: view.subarray(COORDINATE_AT, COORDINATE_AT + 4),
    partition: view.readInt32BE(COORDINATE_AT + 4),
    offset: view.readBigInt64BE(COORDINATE_AT + 8),
    attempt: isReplay ? view[PLAIN_BYTES] : 0,
    branch,
  };
}

/** The source coordinate inside an encoded mark: 16 bytes, a view. */
export function coordinateOf(encodedMark: Buffer): Buffer {
  return encodedMark.subarray(COORDINATE_AT, COORDINATE_AT + COORDINATE_BYTES);
}

/** A source coordinate for people: `a1b2c3d4/3/1234`. */
export function coordinateText(mark: SourceMark): string {
  return `${mark.incarnation.toString('hex')}/${mark.partition}/${mark.offset}`;
}

/** The policy revision that a mark names. */
export function revisionOf(mark: SourceMark): number {
  return mark.policyId.readUInt32BE(0);
}

/** The encoded mark among a record's headers. Throws RECORD_NOT_AUTHENTIC when it has none. */
export function markBytes(headers: readonly (readonly [string, Buffer | null])[]): Buffer {
  const found = headers.find(([name]) => name === SOURCE_HEADER)?.[1];
  if (found === undefined || found === null) {
    throw new SealstreamError('RECORD_NOT_AUTHENTIC', { header: SOURCE_HEADER });
  }
  return found;
}

/**
 * The part of a mark that tokens are bound to, as a view: topic incarnation, partition and offset. Zeroes
 * where the bytes are no mark, so that no such token opens.
 */
export function recordIdOf(mark: Buffer | undefined): Buffer {
  const isMark = mark?.length === PLAIN_BYTES || mark?.length === REPLAY_BYTES;
  return isMark ? mark.subarray(COORDINATE_AT, COORDINATE_AT + COORDINATE_BYTES) : NO_RECORD;
}

const NO_RECORD = Buffer.alloc(COORDINATE_BYTES);
