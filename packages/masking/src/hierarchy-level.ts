import { Hierarchy } from '@sealstream/kanonymity';
import type { Rewrite } from './transform.ts';

/**
 * `generalise` by `hierarchy` and `level`: a text becomes what stands so many columns behind it in the
 * file. A text that is not the first column of some line, byte for byte, is unfit.
 *
 * @param file text of the file, as packages/kanonymity reads it
 * Throws HierarchyError when it is none.
 */
export function hierarchyRewrite(file: string, level: number): Rewrite {
  const hierarchy = Hierarchy.parse(file);
  const texts = Array.from({ length: hierarchy.nodes }, (_, node) =>
    Buffer.from(hierarchy.textOf(node)),
  );
  // By bytes: decoding would take each text that is no Unicode for the same one.
  const shown = new Map(
    texts
      .slice(0, hierarchy.leaves)
      .map((text, leaf) => [text.toString('latin1'), texts[hierarchy.above(leaf, level)]]),
  );
  return (text, from, to, out) => {
    const coarser = shown.get(text.toString('latin1', from, to));
    if (coarser === undefined) return false;
    out.copy(coarser);
    return true;
  };
}
