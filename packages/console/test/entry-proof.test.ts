import { readFileSync } from 'node:fs';
import { signNote, verifierKey, generateSigner, readSigner } from '@sealstream/crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf } from '../src/page/proof/base64.ts';
import { checkedProof, type EntryProof } from '../src/page/proof/entry-proof.ts';
import { leadsToRoot } from '../src/page/proof/merkle-path.ts';
import { readCheckpoint, signedBy } from '../src/page/proof/signed-checkpoint.ts';
import { signedLog } from './signed-log.ts';

interface Probe {
  readonly case: string;
  readonly leafIndex: string;
  readonly treeSize: string;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: readonly string[];
  readonly valid: boolean;
}
// The same vectors that the audit log's own verifier is held to.
const { inclusionProbes } = JSON.parse(
  readFileSync(new URL('../../audit-log/vectors/ct-vectors.json', import.meta.url), 'utf8'),
) as { readonly inclusionProbes: readonly Probe[] };
const unhex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

describe('an audit path', () => {
  const probes = inclusionProbes.filter(({ leafIndex, treeSize }) =>
    [leafIndex, treeSize].every((text) => Number.isSafeInteger(Number(text))),
  );

  test.each(probes.map((probe) => [probe.case, probe] as const))(
    'of the vectors of Certificate Transparency is judged as they say: %s',
    async (_name, { leafHash, leafIndex, proof, root, treeSize, valid }) => {
      const claim = {
        index: Number(leafIndex),
        size: Number(treeSize),
        leaf: unhex(leafHash),
        path: proof.map(unhex),
        root: unhex(root),
      };
      expect(await leadsToRoot(claim)).toBe(valid);
    },
  );

  test('has vectors that hold, and some that do not', () => {
    expect(probes.filter(({ valid }) => valid).length).toBeGreaterThan(2);
    expect(probes.filter(({ valid }) => !valid).length).toBeGreaterThan(20);
  });
});

const logs = fc.tuple(fc.array(fc.string(), { minLength: 1, maxLength: 40 }), fc.nat());

describe('the proof of an entry', () => {
  test('holds for every entry of a log of any size, and shows its text', async () => {
    await fc.assert(
      fc.asyncProperty(logs, async ([entries, seed]) => {
        const index = seed % entries.length;
        const check = await checkedProof(signedLog('log.example', entries).proofOf(index));
        const text = new TextDecoder().decode(Buffer.from(entries[index] ?? ''));
        expect(check).toEqual({
          state: 'holds',
          size: entries.length,
          origin: 'log.example',
          text,
        });
      }),
      { numRuns: 60 },
    );
  });

  test('does not hold once any of it is changed', async () => {
    const entries = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const proof = signedLog('log.example', entries).proofOf(4);
    const other = signedLog('log.example', ['x', ...entries]);
    const [first = ''] = proof.proof;
    const changed: Partial<EntryProof>[] = [
      { index: 5 },
      { index: 7 },
      { index: -1 },
      { index: 4.5 },
      { entry: Buffer.from('E').toString('base64') },
      { entry: 'ZQ' },
      { entry: '*' },
      { proof: proof.proof.slice(1) },
      { proof: [...proof.proof, first] },
      { proof: [other.root, ...proof.proof.slice(1)] },
      { proof: ['AAAA', ...proof.proof.slice(1)] },
      { checkpoint: other.checkpoint },
      { checkpoint: '' },
      { checkpoint: proof.checkpoint.replace('\n7\n', '\n07\n') },
    ];
    for (const part of changed)
      expect([part, await checkedProof({ ...proof, ...part })]).toMatchObject([
        part,
        { state: 'broken' },
      ]);
  });
});

describe('the signature of a checkpoint', () => {
  const log = signedLog('log.example', ['a', 'b']);

  test('holds under its own verifier key, with white space around it too', async () => {
    expect(await signedBy(log.checkpoint, log.vkey)).toBe('signed');
    expect(await signedBy(log.checkpoint, ` ${log.vkey}\n`)).toBe('signed');
  });

  test('that our own signer made holds, beside one of somebody else', async () => {
    const [ours, theirs] = [generateSigner(), generateSigner()].map(({ privateKey }) =>
      readSigner(privateKey),
    );
    if (ours === undefined || theirs === undefined) throw new Error('no signer');
    const text = `own.example\n2\n${log.root}\n`;
    const note = signNote(text, [
      { name: 'witness.example', signer: theirs },
      { name: 'own.example', signer: ours },
    ]);
    expect(await signedBy(note, verifierKey('own.example', ours.publicKey))).toBe('signed');
    // A witness signs, but the log is not its own.
    const witness = verifierKey('witness.example', theirs.publicKey);
    expect(await signedBy(note, witness)).toBe('not-signed');
  });

  test('does not hold for another key, another text, or a line that was cut', async () => {
    const other = signedLog('log.example', ['a', 'b']);
    expect(await signedBy(log.checkpoint, other.vkey)).toBe('not-signed');
    const notes = [
      log.checkpoint.replace('\n2\n', '\n3\n'),
      log.checkpoint.slice(0, -6),
      log.checkpoint.replace('— ', '- '),
      log.checkpoint.split('\n\n')[0] ?? '',
      `${log.checkpoint}— log.example AAAA\n`,
    ];
    for (const note of notes)
      expect([note, await signedBy(note, log.vkey)]).toEqual([note, 'not-signed']);
    // A whole line of a key that is not asked about proves nothing, and spoils nothing.
    const twice = log.checkpoint + (other.checkpoint.split('\n\n')[1] ?? '');
    expect(await signedBy(twice, log.vkey)).toBe('signed');
  });

  test('has no verifier key in a text that is none', async () => {
    const [, name = '', id = '', key = ''] = /^([^+]+)\+([^+]+)\+(.+)$/.exec(log.vkey) ?? [];
    for (const text of [
      '',
      'x',
      name,
      `${name}+${id}`,
      `other+${id}+${key}`,
      `${name}+00000000+${key}`,
    ])
      expect([text, await signedBy(log.checkpoint, text)]).toEqual([text, 'no-key']);
  });

  test('is over what the checkpoint says', () => {
    const checkpoint = readCheckpoint(log.checkpoint);
    expect(checkpoint).toMatchObject({ origin: 'log.example', size: 2 });
    expect(Buffer.from(checkpoint?.root ?? []).toString('base64')).toBe(log.root);
    for (const note of ['', '\n\n', 'a\n1\n', `a\n01\n${log.root}\n\n`, 'a\n1\nAAAA\n\n'])
      expect(readCheckpoint(note)).toBeUndefined();
  });
});

test('base64 has one text for the same bytes', () => {
  expect(bytesOf('AAE=')).toEqual(Uint8Array.of(0, 1));
  for (const text of ['AAF=', 'AAE', 'A A=', '*', undefined, 5])
    expect(bytesOf(text)).toBeUndefined();
});
