type Bytes = Uint8Array<ArrayBuffer>;

const HASH_BYTES = 32;

/** SHA-256 by the browser; it is there in secure contexts alone. */
async function sha256(...parts: readonly Bytes[]): Promise<Bytes> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Hash of an entry (RFC 6962, 2.1). */
export const leafHash = (entry: Bytes): Promise<Bytes> => sha256(LEAF, entry);

/** What an audit path is said to show. */
export interface PathClaim {
  readonly index: number;
  /** Entries of the tree. */
  readonly size: number;
  readonly leaf: Bytes;
  /** From the leaf's sibling up. */
  readonly path: readonly Bytes[];
  readonly root: Bytes;
}

const isSame = (a: Bytes, b: Bytes): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

/** Whether the audit path leads from the leaf to the root (RFC 9162, 2.1.3.2). */
export async function leadsToRoot({ index, leaf, path, root, size }: PathClaim): Promise<boolean> {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size)) return false;
  if (index < 0 || index >= size) return false;
  if ([leaf, root, ...path].some(({ length }) => length !== HASH_BYTES)) return false;
  // Beyond 32 bits, where shifts of numbers end.
  let node = BigInt(index);
  let last = BigInt(size) - 1n;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0n) return false;
    if (node % 2n === 1n || node === last) {
      hash = await sha256(NODE, sibling, hash);
      while (node % 2n === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else hash = await sha256(NODE, hash, sibling);
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && isSame(hash, root);
}
