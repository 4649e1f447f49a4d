import { formatPattern, parsePattern } from '@sealstream/records';

/** One spelling for each path; `*`, `#key` and `#header/NAME` are no paths and stay. */
export function spelledField(name: string): string {
  const steps = parsePattern(name);
  return steps === undefined ? name : formatPattern(steps);
}
