import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openNote, parseVerifierKey, signNote, verifierKey } from '../src/signed-note.ts';
import { generateSigner, readSigner } from '../src/signer.ts';
import { signedNotes } from './vectors.ts';

const vkeyOf = (id: string): string =>
  signedNotes.verifierKeys.find((one) => one.id === id)?.vkey ?? '';
const nameOf = (id: string): string => parseVerifierKey(vkeyOf(id)).name;

describe('C2SP signed note', () => {
  test.each(signedNotes.notes)('$case: $expect', (vector) => {
    const verifiers = vector.keys.map((id) => parseVerifierKey(vkeyOf(id)));
    const opened = openNote(Buffer.from(vector.noteBase64, 'base64'), verifiers);
    expect(opened.ok ? 'ok' : `reject-${opened.why}`).toBe(vector.expect);
    if (!opened.ok) return;
    expect(opened.verified.map((one) => one.name)).toEqual(vector.verified?.map(nameOf));
    expect(opened.unverified.map((one) => one.name)).toEqual(vector.unverified ?? []);
  });

  test.each(signedNotes.verifierKeys)(
    'verifier key of $id reads and writes the same',
    ({ vkey }) => {
      const { name, publicKey } = parseVerifierKey(vkey);
      expect(verifierKey(name, publicKey)).toBe(vkey);
    },
  );

  test.each(signedNotes.badVerifierKeys)('refuses a verifier key: $why', ({ vkey }) => {
    expect(() => parseVerifierKey(vkey)).toThrow('KEY_FILE_INVALID');
  });

  test.each([
    '',
    'name',
    'a+b',
    'a+00000000+',
    '+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
  ])('refuses %j as a verifier key', (vkey) => {
    expect(() => parseVerifierKey(vkey)).toThrow('KEY_FILE_INVALID');
  });
});

describe('a note of our own', () => {
  const ours = { name: 'sealstream/log', signer: readSigner(generateSigner().privateKey) };
  const witness = { name: 'witness.example', signer: readSigner(generateSigner().privateKey) };
  const verifier = (of: typeof ours): ReturnType<typeof parseVerifierKey> =>
    parseVerifierKey(verifierKey(of.name, of.signer.publicKey));

  test('carries several signatures, and each holds for who knows its key', () => {
    const note = Buffer.from(signNote('origin\n1\nroot\n', [ours, witness]));
    for (const known of [[ours], [witness], [ours, witness]]) {
      const opened = openNote(note, known.map(verifier));
      expect(opened.ok && opened.text).toBe('origin\n1\nroot\n');
      expect(opened.ok && opened.verified.map((one) => one.name)).toEqual(known.map((k) => k.name));
    }
    expect(openNote(note, [])).toEqual({ ok: false, why: 'unverified' });
  });

  test('no change of a byte gives another text', () => {
    const text = 'origin\n1\nroot\n';
    const note = Buffer.from(signNote(text, [ours]));
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(note);
        changed[at] = (changed[at] ?? 0) ^ change;
        const opened = openNote(changed, [verifier(ours)]);
        expect(opened.ok ? opened.text : text).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  test('texts with empty lines come back whole', () => {
    const text = 'a\n\n— not a signature\n\nb\n';
    const opened = openNote(Buffer.from(signNote(text, [ours])), [verifier(ours)]);
    expect(opened.ok && opened.text).toBe(text);
  });

  test('a repeated signature that does not hold spoils the note', () => {
    const note = signNote('t\n', [ours]);
    const line = note.slice(note.indexOf('—'));
    const at = line.length - 20;
    const broken = `${line.slice(0, at)}${line[at] === 'A' ? 'B' : 'A'}${line.slice(at + 1)}`;
    expect(openNote(Buffer.from(note + broken), [verifier(ours)])).toEqual({
      ok: false,
      why: 'bad-signature',
    });
  });

  test.each(['', 'no newline', 'tab\there\n', 'zero\u0000\n', 'half \ud800\n'])(
    'what could not be opened again is not signed: %j',
    (text) => {
      expect(() => signNote(text, [ours])).toThrow('INTERNAL');
    },
  );
});
