import { parsePattern, type Step } from '@sealstream/records';
import type { Dataset } from './dataset.ts';

/** A string, with what is escaped in it; or what opens, closes or parts. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gsu;

/** The path of what stands at an offset in a text that is JSON, or was meant to be. */
function pathAt(text: string, byte: number): string[] {
  const path: string[] = [];
  /** Of each open object or array: whether it is an object. */
  const open: boolean[] = [];
  let before = '';
  const end = Buffer.from(text).toString('utf8', 0, byte).length;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (index > end) break;
    if (token === '{' || token === '[') {
      open.push(token === '{');
      path.push('');
    } else if (token === '}' || token === ']') {
      open.pop();
      path.pop();
    } else if (token.startsWith('"') && open.at(-1) === true && '{,'.includes(before)) {
      path[path.length - 1] = nameOf(token);
    }
    before = token;
  }
  return path;
}

function nameOf(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token;
  }
}

const fits = (steps: readonly Step[], path: readonly string[]): boolean =>
  steps.length <= path.length && steps.every((step, at) => step === null || step === path[at]);

/** The policy's path of the field that an offset in a record lies in; never a name that a record brought. */
export function fieldAt({ fields }: Dataset, text: string, byte: number): string | undefined {
  const path = pathAt(text, byte);
  return fields.find((field) => fits(parsePattern(field.path) ?? [null], path))?.path;
}
