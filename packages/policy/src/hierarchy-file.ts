import { createHash } from 'node:crypto';
import { Hierarchy, HierarchyError } from '@sealstream/kanonymity';
import type { MaskRule } from '@sealstream/masking';
import type { Field } from './dataset.ts';
import { type ExposureReport, isCard } from './exposure.ts';
import type { Place } from './source-text.ts';

/** The text of a hierarchy's file and what it says; undefined, and reported, when it says nothing. */
export function readHierarchy(
  { readBeside, source }: ExposureReport,
  at: Place,
  file: string,
  path?: string,
): { readonly text: string; readonly hierarchy: Hierarchy } | undefined {
  const text = readBeside(file);
  if (text === undefined) {
    source.report(at, `${file} cannot be read; its name begins where the policy file stands`, path);
    return undefined;
  }
  try {
    return { text, hierarchy: Hierarchy.parse(text) };
  } catch (error) {
    if (!(error instanceof HierarchyError)) throw error;
    source.report(at, `${file}: ${error.message}`, path);
    return undefined;
  }
}

/** What stands for a hierarchy where it is told: its file may be of any length. */
export function hierarchyMark(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/**
 * Puts the text of the file in the place of its name in a mask that generalises by one, so that the
 * hash of the dataset covers it. Undefined, and reported, when the level hides nothing or is not there.
 */
export function withHierarchy(
  report: ExposureReport,
  place: Place,
  mask: MaskRule,
  field: Pick<Field, 'class' | 'path'>,
): MaskRule | undefined {
  const { hierarchy: file, level } = Object(mask.parameters) as Record<string, unknown>;
  if (mask.name !== 'generalise' || typeof file !== 'string') return mask;
  const at = [...place, 'generalise'];
  const read = readHierarchy(report, [...at, 'hierarchy'], file, field.path);
  if (read === undefined) return undefined;
  const problem = isCard(field)
    ? 'what a file has for a card number may show more than its first 6 and last 4 digits'
    : levelProblem(read.hierarchy, file, Number(level));
  if (problem !== undefined) {
    report.source.report([...at, 'level'], problem, field.path);
    return undefined;
  }
  return { name: mask.name, parameters: { hierarchy: read.text, level } };
}

function levelProblem(hierarchy: Hierarchy, file: string, level: number): string | undefined {
  const { leaves, levels } = hierarchy;
  if (level > levels) return `${file} has no level ${level}: its last one, that of *, is ${levels}`;
  const nodes = new Set(Array.from({ length: leaves }, (_, leaf) => hierarchy.above(leaf, level)));
  return nodes.size < leaves
    ? undefined
    : `level ${level} of ${file} tells each value from every other, and so hides nothing`;
}
