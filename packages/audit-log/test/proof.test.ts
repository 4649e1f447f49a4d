import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EMPTY_ROOT, leafHash, nodeHash } from '../src/merkle-hash.ts';
import {
  consistencyProof,
  inclusionProof,
  rootOfHashes,
  type SubtreeHash,
  verifyConsistency,
  verifyInclusion,
} from '../src/proof.ts';
import { TreeEdge } from '../src/tree-edge.ts';

interface Vectors {
  hasherVectors: {
    kind: 'leaf' | 'node';
    inputAscii?: string;
    leftAscii?: string;
    rightAscii?: string;
    hash: string;
  }[];
  leaves: string[];
  rootsBySize: string[];
  inclusionProofs: { index: number; size: number; proof: string[] }[];
  consistencyProofs: { first: number; second: number; proof: string[] }[];
  inclusionProbes: {
    case: string;
    leafIndex: string;
    treeSize: string;
    root: string;
    leafHash: string;
    proof: string[];
    valid: boolean;
  }[];
  consistencyProbes: {
    case: string;
    size1: string;
    size2: string;
    root1: string;
    root2: string;
    proof: string[];
    valid: boolean;
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/ct-vectors.json', import.meta.url), 'utf8'),
) as Vectors;
const unhex = (text: string) => Buffer.from(text, 'hex');
const leaves = vectors.leaves.map((text) => leafHash(unhex(text)));

/** Subtree hashes straight from a list of leaf hashes. */
function subtreeOf(hashes: readonly Buffer[]): SubtreeHash {
  return async (level, index) => {
    const width = 2 ** level;
    return rootOfHashes(Buffer.concat(hashes.slice(index * width, (index + 1) * width)));
  };
}

/** RFC 6962 section 2.1 as it is written. */
function rootByDefinition(hashes: readonly Buffer[]): Buffer {
  const [first] = hashes;
  if (first === undefined) return EMPTY_ROOT;
  if (hashes.length === 1) return first;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(rootByDefinition(hashes.slice(0, split)), rootByDefinition(hashes.slice(split)));
}

describe('hashes', () => {
  test('leaf and node hashes are those of the Certificate Transparency vectors', () => {
    for (const vector of vectors.hasherVectors) {
      const hash =
        vector.kind === 'leaf'
          ? leafHash(Buffer.from(vector.inputAscii ?? ''))
          : nodeHash(Buffer.from(vector.leftAscii ?? ''), Buffer.from(vector.rightAscii ?? ''));
      expect(hash.toString('hex')).toBe(vector.hash);
    }
  });

  test('the tree edge gives the root of the vectors at every size', () => {
    const edge = new TreeEdge();
    for (const [size, root] of vectors.rootsBySize.entries()) {
      expect(edge.root().toString('hex')).toBe(root);
      const next = leaves[size];
      if (next !== undefined) edge.pushHash(next);
    }
  });

  test('the tree edge gives the root by definition at sizes around the borders of tiles', () => {
    const hashes = Array.from({ length: 1030 }, (_, at) => leafHash(Buffer.from(String(at))));
    const edge = new TreeEdge();
    for (const [at, hash] of hashes.entries()) {
      edge.pushHash(hash);
      const isBorder = [0, 1, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025].includes(at + 1);
      if (isBorder) expect(edge.root()).toEqual(rootByDefinition(hashes.slice(0, at + 1)));
    }
    expect(edge.root()).toEqual(rootByDefinition(hashes));
  });

  test('full tiles come in order, each with the hashes of its subtrees', () => {
    const tiles: string[] = [];
    const edge = new TreeEdge((tile) => tiles.push(`${tile.level}/${tile.index}`));
    for (let at = 0; at < 65_536; at++) edge.pushHash(EMPTY_ROOT);
    expect(tiles).toHaveLength(257);
    expect(tiles.slice(-2)).toEqual(['0/255', '1/0']);
    expect(edge.partialTiles().map(({ index, level, width }) => [level, index, width])).toEqual([
      [2, 0, 1],
    ]);
  });
});

describe('proofs', () => {
  test('every inclusion proof is the one of RFC 6962 and verifies', async () => {
    for (const { index, proof, size } of vectors.inclusionProofs) {
      const made = await inclusionProof(index, size, subtreeOf(leaves));
      expect(made.map((hash) => hash.toString('hex'))).toEqual(proof);
      const root = unhex(vectors.rootsBySize[size] ?? '');
      const leaf = leaves[index] ?? EMPTY_ROOT;
      const claim = { index: BigInt(index), size: BigInt(size), leaf, proof: made, root };
      expect(verifyInclusion(claim)).toBe(true);
    }
  });

  test('every consistency proof is the one of RFC 6962 and verifies', async () => {
    for (const { first, proof, second } of vectors.consistencyProofs) {
      const made = await consistencyProof(first, second, subtreeOf(leaves));
      expect(made.map((hash) => hash.toString('hex'))).toEqual(proof);
      const claim = {
        size1: BigInt(first),
        size2: BigInt(second),
        root1: unhex(vectors.rootsBySize[first] ?? ''),
        root2: unhex(vectors.rootsBySize[second] ?? ''),
        proof: made,
      };
      expect(verifyConsistency(claim)).toBe(true);
    }
  });

  test('inclusion claims are accepted and refused as upstream does', () => {
    expect(vectors.inclusionProbes).toHaveLength(98);
    for (const probe of vectors.inclusionProbes) {
      const claim = {
        index: BigInt(probe.leafIndex),
        size: BigInt(probe.treeSize),
        leaf: unhex(probe.leafHash),
        proof: probe.proof.map(unhex),
        root: unhex(probe.root),
      };
      expect([probe.case, verifyInclusion(claim)]).toEqual([probe.case, probe.valid]);
    }
  });

  test('consistency claims are accepted and refused as upstream does, save roots that are no hashes', () => {
    expect(vectors.consistencyProbes).toHaveLength(98);
    for (const probe of vectors.consistencyProbes) {
      const claim = {
        size1: BigInt(probe.size1),
        size2: BigInt(probe.size2),
        root1: unhex(probe.root1),
        root2: unhex(probe.root2),
        proof: probe.proof.map(unhex),
      };
      const isStandIn = probe.case.endsWith('sizes-are-equal-one-and-proof-is-empty');
      const expected = isStandIn ? false : probe.valid;
      expect([probe.case, verifyConsistency(claim)]).toEqual([probe.case, expected]);
    }
  });

  test('proofs of any tree verify, and with any one bit changed they do not', async () => {
    const sizes = fc
      .tuple(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(), fc.nat())
      .map(([size, a, b, bit]) => ({ size, older: 1 + (a % size), index: b % size, bit }));
    const hashes = Array.from({ length: 300 }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)));
    await fc.assert(
      fc.asyncProperty(sizes, async ({ bit, index, older, size }) => {
        const part = hashes.slice(0, size);
        const root = rootByDefinition(part);
        const path = await inclusionProof(index, size, subtreeOf(part));
        const leaf = part[index] ?? EMPTY_ROOT;
        const claim = { index: BigInt(index), size: BigInt(size), leaf, proof: path, root };
        expect(verifyInclusion(claim)).toBe(true);
        const growth = await consistencyProof(older, size, subtreeOf(part));
        const root1 = rootByDefinition(part.slice(0, older));
        const grown = { size1: BigInt(older), size2: BigInt(size), root1, root2: root };
        expect(verifyConsistency({ ...grown, proof: growth })).toBe(true);
        for (const proof of [path, growth]) {
          const changed = proof.map((hash) => Buffer.from(hash));
          const hash = changed[bit % Math.max(1, changed.length)];
          if (hash === undefined) continue;
          hash[bit % 32] = (hash[bit % 32] ?? 0) ^ (1 << (bit % 8));
          if (proof === path) expect(verifyInclusion({ ...claim, proof: changed })).toBe(false);
          else expect(verifyConsistency({ ...grown, proof: changed })).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a proof for an index outside the tree, or sizes out of order, is not made', async () => {
    await expect(inclusionProof(8, 8, subtreeOf(leaves))).rejects.toThrow(RangeError);
    await expect(consistencyProof(0, 8, subtreeOf(leaves))).rejects.toThrow(RangeError);
    await expect(consistencyProof(8, 7, subtreeOf(leaves))).rejects.toThrow(RangeError);
  });
});
