import { HASH_BYTES, isHash, nodeHash } from './merkle-hash.ts';

/** A claim that a leaf stands at an index of the tree with this size and root. */
export interface InclusionClaim {
  readonly index: bigint;
  readonly size: bigint;
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** A claim that the tree of size2 begins with the tree of size1. */
export interface ConsistencyClaim {
  readonly size1: bigint;
  readonly size2: bigint;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Whether the audit path leads from the leaf to the root (RFC 9162 section 2.1.3.2). Refuses every
 * hash that is not 32 bytes long; never throws.
 */
export function verifyInclusion(claim: InclusionClaim): boolean {
  const { index, leaf, proof, root, size } = claim;
  if (index < 0n || index >= size) return false;
  if (![leaf, root, ...proof].every(isHash)) return false;
  let node = index;
  let last = size - 1n;
  let hash: Buffer = Buffer.from(leaf);
  for (const sibling of proof) {
    if (last === 0n) return false;
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(node) && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && hash.equals(root);
}

/**
 * Whether the second tree begins with the first one, unchanged (RFC 9162 section 2.1.4.2).
 * Stricter than the bare algorithm: the first size must be at least 1, since the empty tree begins
 * every tree and so proves nothing; every hash must be 32 bytes long. Never throws.
 */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { proof, root1, root2, size1, size2 } = claim;
  if (size1 < 1n || size1 > size2) return false;
  if (![root1, root2, ...proof].every(isHash)) return false;
  if (size1 === size2) return proof.length === 0 && Buffer.compare(root1, root2) === 0;
  const path = isPowerOfTwo(size1) ? [root1, ...proof] : [...proof];
  const [first, ...rest] = path;
  if (first === undefined || proof.length === 0) return false;
  let node = size1 - 1n;
  let last = size2 - 1n;
  while (isOdd(node)) {
    node >>= 1n;
    last >>= 1n;
  }
  let older: Buffer = Buffer.from(first);
  let newer: Buffer = Buffer.from(first);
  for (const sibling of rest) {
    if (last === 0n) return false;
    if (isOdd(node) || node === last) {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
      while (!isOdd(node) && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      newer = nodeHash(newer, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n && older.equals(root1) && newer.equals(root2);
}

/**
 * Gives the hash of a complete subtree: of the leaves [index · 2^level, (index + 1) · 2^level).
 * Only ever asked for subtrees that are complete in the tree at hand.
 */
export type SubtreeHash = (level: number, index: number) => Promise<Buffer>;

/** The audit path of a leaf, from its sibling up (RFC 6962 section 2.1.1). */
export async function inclusionProof(
  index: number,
  size: number,
  subtree: SubtreeHash,
): Promise<Buffer[]> {
  if (!(index >= 0 && index < size)) throw new RangeError('index outside the tree');
  const proof: Buffer[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      proof.unshift(await rangeHash(middle, to, subtree));
      to = middle;
    } else {
      proof.unshift(await rangeHash(from, middle, subtree));
      from = middle;
    }
  }
  return proof;
}

/** Proof that the first size2 leaves begin with the first size1 (RFC 6962 section 2.1.2). */
export async function consistencyProof(
  size1: number,
  size2: number,
  subtree: SubtreeHash,
): Promise<Buffer[]> {
  if (!(size1 >= 1 && size1 <= size2)) throw new RangeError('sizes out of order');
  const proof: Buffer[] = [];
  let from = 0;
  let to = size2;
  while (size1 < to) {
    const middle = from + splitOf(to - from);
    if (size1 <= middle) {
      proof.unshift(await rangeHash(middle, to, subtree));
      to = middle;
    } else {
      proof.unshift(await rangeHash(from, middle, subtree));
      from = middle;
    }
  }
  // The verifier knows the older root itself, so it is not sent when it is one subtree.
  if (from > 0) proof.unshift(await rangeHash(from, to, subtree));
  return proof;
}

/** Hash over the leaves [from, to), where from is a multiple of the largest power of 2 in it. */
async function rangeHash(from: number, to: number, subtree: SubtreeHash): Promise<Buffer> {
  const width = to - from;
  if (isPowerOfTwo(BigInt(width))) return subtree(Math.log2(width), from / width);
  const middle = from + splitOf(width);
  const left = await rangeHash(from, middle, subtree);
  return nodeHash(left, await rangeHash(middle, to, subtree));
}

/** The largest power of two below n. */
function splitOf(n: number): number {
  return 2 ** (Math.ceil(Math.log2(n)) - 1);
}

function isOdd(n: bigint): boolean {
  return (n & 1n) === 1n;
}

function isPowerOfTwo(n: bigint): boolean {
  return n > 0n && (n & (n - 1n)) === 0n;
}

/** Root over hashes that stand side by side in one buffer, 32 bytes each; at least one. */
export function rootOfHashes(hashes: Buffer): Buffer {
  if (hashes.length === HASH_BYTES) return Buffer.from(hashes);
  const split = splitOf(hashes.length / HASH_BYTES) * HASH_BYTES;
  return nodeHash(rootOfHashes(hashes.subarray(0, split)), rootOfHashes(hashes.subarray(split)));
}
