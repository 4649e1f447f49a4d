const POINTER = /^(\/([^~/]|~[01])+)+$/;
const DOTTED = /^[^./]+(\.[^./]+)*$/;
/** No longer path makes sense. */
const PATH_LENGTH_MAX = 500;

/** Whether it is a path to a claim: names with dots between them, or a JSON Pointer (RFC 6901). */
export function isClaimPath(path: string): boolean {
  return path.length <= PATH_LENGTH_MAX && (POINTER.test(path) || DOTTED.test(path));
}

function namesOf(path: string): string[] {
  if (!path.startsWith('/')) return path.split('.');
  const unescape = (name: string) => name.replaceAll('~1', '/').replaceAll('~0', '~');
  return path.slice(1).split('/').map(unescape);
}

/** What stands at a path in the claims; undefined when nothing does. */
function claimAt(claims: object, path: string): unknown {
  let at: unknown = claims;
  for (const name of namesOf(path)) {
    // A claim is what the provider wrote, not what every object of JavaScript has.
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
}

/**
 * Our roles of somebody with these claims, sorted, each once. A claim that is missing, of another form,
 * or with a value that the table does not name exactly gives none.
 */
export function rolesOf(
  claims: object,
  path: string,
  table: Readonly<Record<string, string>>,
): readonly string[] {
  const claim = claimAt(claims, path);
  const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  const roles = new Set<string>();
  for (const value of values) {
    const role =
      typeof value === 'string' && Object.hasOwn(table, value) ? table[value] : undefined;
    if (role !== undefined) roles.add(role);
  }
  return [...roles].sort();
}
