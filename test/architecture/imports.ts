const STATIC = /^[ \t]*(?:import|export)\s+(?:type\s+)?[\w$*{},\s]+?\s+from\s+['"]([^'"]+)['"]/gm;
const BARE = /^[ \t]*import\s+['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** Everything that a file imports or exports from, types as well, in the words of the file. */
export function importsOf(text: string): string[] {
  return [STATIC, BARE, DYNAMIC].flatMap((pattern) =>
    Array.from(text.matchAll(pattern), ([, specifier = '']) => specifier),
  );
}
