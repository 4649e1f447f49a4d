import { dirname, normalize } from 'node:path/posix';
import type { SourceFile } from '../checkout.ts';
import { importsOf } from '../imports.ts';

const relative = (specifier: string) => specifier.startsWith('.');

/** The folder of the workspace package that a path is in, if it is in one. */
function unitOf(path: string): string | undefined {
  return /^(?:packages|services)\/[^/]+(?=\/)/.exec(path)?.[0];
}

/**
 * Imports that reach into a package past its index, by name (`@sealstream/x/y`) or by path
 * (`../../x/src/y.ts`), and files of src that leave their package. A test may use what another
 * package's tests are made with: that is no part of the package.
 */
export function deepImports(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    importsOf(text)
      .filter((specifier) => {
        if (!relative(specifier)) return /^@sealstream\/[^/]+\/./.test(specifier);
        const own = unitOf(path);
        const at = normalize(`${dirname(path)}/${specifier}`);
        const target = unitOf(at);
        const fromSource = own !== undefined && path.startsWith(`${own}/src/`);
        if (fromSource) return target !== own || at.startsWith(`${own}/test/`);
        if (target === undefined) return false;
        return target !== own && !at.startsWith(`${target}/test/`);
      })
      .map((specifier) => `${path} imports ${specifier}`),
  );
}

/** Every import cycle between files, as the paths along it. */
export function cycles(files: readonly SourceFile[]): string[] {
  const graph = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text)
        .filter(relative)
        .map((specifier) => normalize(`${dirname(path)}/${specifier}`)),
    ]),
  );
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) found.push([...trail.slice(seenAt), path].join(' -> '));
    if (seenAt >= 0 || done.has(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}
