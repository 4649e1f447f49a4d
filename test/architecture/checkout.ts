import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/stack/paths.ts';

/** A file by its path in the checkout (with /) and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A workspace package: `crypto` or `services/mask`. */
export interface Unit {
  readonly name: string;
  /** packages/crypto or services/mask. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly references: readonly string[];
  readonly files: readonly SourceFile[];
}

export interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.sealstream', 'coverage']);

export const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
export const exists = (path: string) => existsSync(join(ROOT, path));

function walk(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (SKIPPED.has(entry.name)) return [];
    return entry.isDirectory() ? walk(path) : [path];
  });
}

/** Paths of all files of the checkout that are not built, installed or left by a run. */
export const allPaths = walk('').sort();

/** Our programs: everything in TypeScript or JavaScript. */
export const programs: readonly SourceFile[] = allPaths
  .filter((path) => /\.(ts|tsx|mts|mjs|js)$/.test(path))
  .map((path) => ({ path, text: read(path) }));

/** Programs that are shipped or run, without tests. */
export const sources: readonly SourceFile[] = programs.filter(
  ({ path }) => /^(packages|services)\/[^/]+\/src\//.test(path) || /^tools\/(?!test\/)/.test(path),
);

function unit(folder: string, name: string): Unit {
  const config = JSON.parse(read(`${folder}/tsconfig.json`)) as {
    references?: readonly { path: string }[];
  };
  return {
    name,
    folder,
    manifest: JSON.parse(read(`${folder}/package.json`)) as Manifest,
    references: (config.references ?? []).map(({ path }) => path),
    files: programs.filter(({ path }) => path.startsWith(`${folder}/`)),
  };
}

const folders = (group: string) =>
  [
    ...new Set(
      allPaths
        .filter((path) => path.startsWith(`${group}/`))
        .map((path) => path.split('/')[1] ?? ''),
    ),
  ].filter((name) => exists(`${group}/${name}/package.json`));

export const packages = folders('packages').map((name) => unit(`packages/${name}`, name));
export const services = folders('services').map((name) =>
  unit(`services/${name}`, `services/${name}`),
);
export const units: readonly Unit[] = [...packages, ...services];
