import { readFileSync } from 'node:fs';
import { parseVerifierKey } from '@sealstream/crypto';
import { describe, expect, test } from 'vitest';
import { openCheckpoint, parseTreeHead } from '../src/checkpoint.ts';
import { hashesAt, indexPath, parseTilePath, tilePath, widthAt } from '../src/tile-path.ts';

interface Level {
  full: number;
  partial: number;
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/tlog.json', import.meta.url), 'utf8'),
) as {
  verifierKeys: { id: string; vkey: string }[];
  checkpoints: { noteBase64: string; origin: string; size: string; rootHashBase64: string }[];
  treeHeadTexts: { text: string; valid: boolean }[];
  tilePaths: {
    indexes: { index: string; path: string }[];
    trees: { size: number; level0: Level; level1: Level; level2?: Level }[];
  };
};

const notes = vectors.checkpoints.map(({ noteBase64 }) => Buffer.from(noteBase64, 'base64'));

describe('checkpoints', () => {
  test('the examples of the specification give their origin, size and root', () => {
    for (const { noteBase64, origin, rootHashBase64, size } of vectors.checkpoints) {
      const note = Buffer.from(noteBase64, 'base64').toString();
      const head = parseTreeHead(note.slice(0, note.indexOf('\n\n') + 1));
      expect(head?.origin).toBe(origin);
      expect(String(head?.size)).toBe(size);
      expect(head?.root.toString('base64')).toBe(rootHashBase64);
    }
  });

  test('a size that is not decimal, or a root that is not 32 bytes, is refused', () => {
    for (const { text, valid } of vectors.treeHeadTexts) {
      expect(parseTreeHead(text) !== null).toBe(valid);
    }
    const root = Buffer.alloc(32).toString('base64');
    for (const text of [
      `a\n01\n${root}\n`,
      `a\n-1\n${root}\n`,
      `a\n1\n${root}`,
      `\n1\n${root}\n`,
    ]) {
      expect(parseTreeHead(text)).toBeNull();
    }
    expect(parseTreeHead(`a\n1\n${root}\nextension\n`)?.size).toBe(1);
  });

  test('a live checkpoint holds for its key, but not as the checkpoint of another log', () => {
    const gosum = vectors.verifierKeys.find(({ id }) => id === 'gosum')?.vkey ?? '';
    const opened = openCheckpoint(notes[1] ?? Buffer.alloc(0), parseVerifierKey(gosum));
    // Signed, but its origin is not the name of the key, and ours always is.
    expect(opened).toEqual({ ok: false, why: 'the origin is another log' });
    const unknown = openCheckpoint(notes[0] ?? Buffer.alloc(0), parseVerifierKey(gosum));
    expect(unknown.ok).toBe(false);
  });
});

describe('tile paths', () => {
  test('an index is written in groups of three digits', () => {
    for (const { index, path } of vectors.tilePaths.indexes) {
      expect(indexPath(Number(index))).toBe(path);
    }
  });

  test('the widths of full and partial tiles are those of the specification', () => {
    for (const { level0, level1, level2, size } of vectors.tilePaths.trees) {
      for (const [level, expected] of [level0, level1, level2].entries()) {
        if (expected === undefined) continue;
        const full = Math.floor(hashesAt(level, size) / 256);
        expect(full).toBe(expected.full);
        expect(widthAt(level, full, size)).toBe(expected.partial);
      }
    }
  });

  test('a path is read back, and no other form is', () => {
    const names = [
      { level: 0, index: 0, width: 256 },
      { level: 'entries', index: 1_234_067, width: 8 },
      { level: 12, index: 1000, width: 255 },
    ] as const;
    for (const name of names) expect(parseTilePath(tilePath(name))).toEqual(name);
    expect(tilePath(names[1])).toBe('tile/entries/x001/x234/067.p/8');
    const others = ['tile/0/00', 'tile/00/000', 'tile/0/000.p/0', 'tile/0/000.p/256', 'tile/x/000'];
    for (const path of [...others, 'tile/0/x000/001', 'tile/0/000.p/300', 'tile/0/000.tmp']) {
      expect(parseTilePath(path)).toBeNull();
    }
  });
});
