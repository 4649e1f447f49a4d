import { basename } from 'node:path/posix';
import type { SourceFile } from '../checkout.ts';

const NAME =
  /^[a-z0-9]+(-[a-z0-9]+)*(\.stack|\.browser)?(\.test|\.d|\.config)?\.(tsx?|mts|mjs|js)$/;
const BANNED = /(^|-)(utils?|helpers?|common|manager|misc)(-|$)/;
const MAX_LINES = 400;
// The formatter breaks code at 100; comments and texts, which it leaves alone, get a little more.
const MAX_WIDTH = 110;

const lineCount = (text: string) => text.trimEnd().split('\n').length;

/** Files whose name is not kebab-case, or says nothing of what is in them. */
export function badNames(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    const name = basename(path);
    return !NAME.test(name) || BANNED.test(name.slice(0, name.indexOf('.')));
  });
}

/** Files longer than 400 lines, unless their first comment says why (`Long because ...`). */
export function tooLong(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ text }) => lineCount(text) > MAX_LINES && !/^[^\n]*\bLong because /m.test(text))
    .map(({ path, text }) => `${path}: ${lineCount(text)} lines`);
}

export function medianLines(files: readonly SourceFile[]): number {
  const counts = files.map(({ text }) => lineCount(text)).sort((a, b) => a - b);
  return counts[Math.floor(counts.length / 2)] ?? 0;
}

/** Lines wider than 110 characters: long comments and texts, which the formatter leaves alone. */
export function wideLines(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (line.length > MAX_WIDTH ? [`${path}:${index + 1}`] : [])),
  );
}

/** What may not stand in a program, by the reason. */
const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['export *', /^\s*export\s+\*/],
  ['default export', /^\s*export\s(default\b|.*\bas default\b)/],
  ['unfinished work', new RegExp(['TO', 'DO|FIX', 'ME|HA', 'CK:'].join(''))],
  ['a check switched off', /[@]ts-(ignore|nocheck|expect-error)|biome-[i]gnore/],
  ['a lint rule switched off without a reason', /oxlint-[d]isable(?!.*-- \S)/],
];

/** What foreign code asks for: a tool's settings file, the types of a module that has none. */
const FOREIGN = /\.(config|d)\.ts$/;

/** Lines with something that may not stand in a program. */
export function forbidden(files: readonly SourceFile[]): string[] {
  const ours = files.filter(({ path }) => !FOREIGN.test(path));
  return ours.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        FORBIDDEN.filter(([, pattern]) => pattern.test(line)).map(
          ([what]) => `${path}:${index + 1}: ${what}`,
        ),
      ),
  );
}

/** Words of work that is not done, which have no place in what is shipped. */
export function unfinishedWords(files: readonly SourceFile[]): string[] {
  const words = new RegExp(['\\b(stub', 'placeholder', 'not implemented)\\b'].join('|'), 'i');
  return files.filter(({ text }) => words.test(text)).map(({ path }) => path);
}

/** index.ts files that do not open with a comment telling what the package promises. */
export function silentFaces(files: readonly SourceFile[]): string[] {
  return files.filter(({ text }) => !/^\/\*\*[\s\S]{80,}?\*\//.test(text)).map(({ path }) => path);
}
