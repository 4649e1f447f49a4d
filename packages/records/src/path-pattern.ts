/** One step of a path: a member's name, or null for `*`, each element or member. */
export type Step = string | null;

const BAD_ESCAPE = /~(?![012])/;

/**
 * The steps of a path pattern: a JSON Pointer (RFC 6901) in which the step `*` stands for every
 * element of an array and every member of a map. `~0` is `~` and `~1` is `/`, as in RFC 6901;
 * `~2`, which RFC 6901 leaves free, is a literal `*`. Undefined when the text is none; the empty
 * pointer (the whole record) names no field.
 */
export function parsePattern(pattern: string): readonly Step[] | undefined {
  if (!pattern.startsWith('/') || BAD_ESCAPE.test(pattern)) return undefined;
  return pattern
    .slice(1)
    .split('/')
    .map((step) => (step === '*' ? null : unescapeStep(step)));
}

function unescapeStep(step: string): string {
  return step.replaceAll('~2', '*').replaceAll('~1', '/').replaceAll('~0', '~');
}

function escapeStep(name: string): string {
  const escaped = name.replaceAll('~', '~0').replaceAll('/', '~1');
  return escaped === '*' ? '~2' : escaped;
}

/** The pattern of these steps; the inverse of parsePattern. */
export function formatPattern(steps: readonly Step[]): string {
  return steps.map((step) => `/${step === null ? '*' : escapeStep(step)}`).join('');
}
