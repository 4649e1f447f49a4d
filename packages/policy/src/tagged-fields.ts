import { parsePattern, type SchemaTags, type Step } from '@sealstream/records';
import type { Dataset, Field, TagRule } from './dataset.ts';
import { FIELD_TYPES } from './language.ts';

/** Whether one value could be meant by both, or stand inside what the other means. */
function meet(one: readonly Step[], other: readonly Step[]): boolean {
  const shared = Math.min(one.length, other.length);
  for (let at = 0; at < shared; at++) {
    const [a, b] = [one[at], other[at]];
    if (a !== b && a !== null && b !== null) return false;
  }
  return true;
}

function fieldOf({ encrypt, mask }: TagRule, path: string, { unknownSeal }: Dataset): Field {
  return {
    path,
    types: FIELD_TYPES,
    required: false,
    mask: { name: mask, parameters: undefined },
    encrypt,
    seal: unknownSeal,
  };
}

/**
 * The dataset with a field for each place of a schema that bears a tag of the policy and is not named
 * there. What is named goes before. Of a tagged place in which some are named the others are fields of
 * their own; a place that cannot be told from a named one stays unknown, and so is not shown either.
 */
export function withTaggedFields(dataset: Dataset, found: () => SchemaTags): Dataset {
  const { tags: rules } = dataset;
  if (rules === undefined) return dataset;
  const taken = dataset.fields.map(({ path }) => parsePattern(path) ?? []);
  const fields = [...dataset.fields];
  const places = [...found()].map(([path, tags]) => ({
    path,
    tags,
    steps: parsePattern(path) ?? [],
  }));
  // What stands outside first: it is treated whole.
  for (const { path, steps, tags } of places.sort((a, b) => a.steps.length - b.steps.length)) {
    const name = Object.keys(rules).find((tag) => tags.has(tag));
    const rule = name === undefined ? undefined : rules[name];
    if (rule === undefined || taken.some((other) => meet(steps, other))) continue;
    taken.push(steps);
    fields.push(fieldOf(rule, path, dataset));
  }
  return { ...dataset, fields };
}
