import { formatPattern, parsePattern } from '@sealstream/records';
import type { Place, SourceText } from './source-text.ts';

interface PathNode {
  readonly named: Map<string, PathNode>;
  any?: PathNode;
  /** The field that ends here. */
  field?: string;
}

const emptyNode = (): PathNode => ({ named: new Map() });

/** Some field at or below this node. */
function anyField(node: PathNode): string | undefined {
  if (node.field !== undefined) return node.field;
  for (const child of [...node.named.values(), ...(node.any === undefined ? [] : [node.any])]) {
    const field = anyField(child);
    if (field !== undefined) return field;
  }
  return undefined;
}

/** Why this path cannot stand beside those before it, or undefined after it was added. */
function add(root: PathNode, path: string): string | undefined {
  const steps = parsePattern(path);
  if (steps === undefined)
    return 'a path begins with / and writes ~ as ~0, / as ~1 and a literal * as ~2';
  let node = root;
  for (const step of steps) {
    if (node.field !== undefined)
      return `lies inside ${node.field}, which is declared as one value`;
    const rival = step === null ? [...node.named.values()][0] : node.any;
    if (rival !== undefined)
      return `is matched twice: ${anyField(rival)} can stand for the same member`;
    let next = step === null ? node.any : node.named.get(step);
    if (next === undefined) {
      next = emptyNode();
      if (step === null) node.any = next;
      else node.named.set(step, next);
    }
    node = next;
  }
  const inside = anyField(node);
  if (inside === path) return 'is matched twice';
  if (inside !== undefined) return `holds ${inside}, so it cannot be declared as one value`;
  node.field = path;
  return undefined;
}

/** Reports paths that are none, and any two that can name the same value. */
export function checkPaths(source: SourceText, place: Place, paths: readonly string[]): void {
  const root = emptyNode();
  for (const path of paths) {
    const problem = add(root, path);
    if (problem !== undefined) source.reportKey([...place, path], problem, path);
  }
}

/** One spelling for each path; what is none stays and has been reported. */
export function spelled(path: string): string {
  const steps = parsePattern(path);
  return steps === undefined ? path : formatPattern(steps);
}
