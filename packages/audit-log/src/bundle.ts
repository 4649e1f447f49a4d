import { SealstreamError } from '@sealstream/contracts';

/** Most bytes of one entry: its length stands in 16 bits (C2SP tlog-tiles). */
export const MAX_ENTRY_BYTES = 65_535;

/** Entries side by side, each after its length as uint16 big-endian. */
export function encodeBundle(entries: readonly Uint8Array[]): Buffer {
  const sizeBytes = entries.reduce((sum, entry) => sum + 2 + entry.length, 0);
  const bundle = Buffer.allocUnsafe(sizeBytes);
  let at = 0;
  for (const entry of entries) {
    // Precondition: an entry fits its 16-bit length.
    if (entry.length > MAX_ENTRY_BYTES) {
      throw new SealstreamError('INTERNAL', { entryBytes: entry.length, limit: MAX_ENTRY_BYTES });
    }
    at = bundle.writeUInt16BE(entry.length, at);
    bundle.set(entry, at);
    at += entry.length;
  }
  return bundle;
}

/** What a bundle held: as many whole entries as there are, and whether bytes were left over. */
export interface BundleContent {
  readonly entries: readonly Buffer[];
  /** False when the bytes end inside an entry, or go on after the last one wanted. */
  readonly whole: boolean;
}

/** Reads up to `most` entries. Never throws: damage shows in `whole` and in the count. */
export function decodeBundle(
  bundle: Buffer,
  most: number = Number.MAX_SAFE_INTEGER,
): BundleContent {
  const entries: Buffer[] = [];
  let at = 0;
  while (at < bundle.length && entries.length < most) {
    if (at + 2 > bundle.length) return { entries, whole: false };
    const end = at + 2 + bundle.readUInt16BE(at);
    if (end > bundle.length) return { entries, whole: false };
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return { entries, whole: at === bundle.length };
}
