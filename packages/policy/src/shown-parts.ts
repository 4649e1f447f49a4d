import type { MaskRule, PartialParameters } from '@sealstream/masking';

/** How much of a value one rule shows beside another. */
export type PartOrder = 'more' | 'less' | 'equal' | 'unsure';

/** So many more lengths tell everything that can differ: what is kept or hidden stands at the ends. */
const LENGTHS = 64;

/**
 * Whether readers see more of a value under the second rule, where both show a part of it. `unsure`
 * where neither part holds the other, or where nobody worked it out.
 */
export function partOrder(before: MaskRule, after: MaskRule): PartOrder {
  if (before.name !== after.name) return 'unsure';
  if (before.name === 'partial')
    return partialOrder(
      before.parameters as PartialParameters,
      after.parameters as PartialParameters,
    );
  return before.name === 'generalise' ? coarseness(before.parameters, after.parameters) : 'unsure';
}

/** The places, of a value of so many letters and digits, that stay readable. */
function shownPlaces(rule: PartialParameters, length: number): boolean[] {
  const { hideFirst = 0, hideLast = 0, keepFirst = 0, keepLast = 0 } = rule;
  const isKeeping = rule.keepFirst !== undefined || rule.keepLast !== undefined;
  return Array.from({ length }, (_, at) => {
    if (isKeeping) return at < keepFirst || at >= length - keepLast;
    return at >= hideFirst && at < length - hideLast;
  });
}

/** A shorter value is hidden whole. */
function lengthMin({ hideFirst, hideLast, keepFirst, keepLast }: PartialParameters): number {
  const hidden = (hideFirst ?? 0) + (hideLast ?? 0);
  return (keepFirst ?? 0) + (keepLast ?? 0) + Math.max(hidden, 1);
}

/**
 * Judged by values that are long enough for both rules. Shorter ones, which the first rule hid whole and
 * the second does not, make it unsure where longer ones would say less.
 */
function partialOrder(before: PartialParameters, after: PartialParameters): PartOrder {
  const order = orderFrom(before, after, Math.max(lengthMin(before), lengthMin(after)));
  const showsShorter = lengthMin(after) < lengthMin(before);
  return showsShorter && order !== 'more' ? 'unsure' : order;
}

function orderFrom(before: PartialParameters, after: PartialParameters, least: number): PartOrder {
  let [gains, losses] = [false, false];
  for (let length = least; length <= least + LENGTHS; length++) {
    const [was, is] = [shownPlaces(before, length), shownPlaces(after, length)];
    gains ||= is.some((shown, at) => shown && !was[at]);
    losses ||= was.some((shown, at) => shown && !is[at]);
  }
  if (gains) return losses ? 'unsure' : 'more';
  return losses ? 'less' : 'equal';
}

const numberOf = (parameters: unknown, name: string): number | undefined => {
  const value: unknown = Object(parameters)[name];
  return typeof value === 'number' ? value : undefined;
};

const hierarchyOf = (parameters: unknown): unknown => Object(parameters).hierarchy;

/** A month lies in one year, and a bucket in one that is a multiple of its width. */
function coarseness(before: unknown, after: unknown): PartOrder {
  const [was, is] = [numberOf(before, 'bucket'), numberOf(after, 'bucket')];
  if (was !== undefined && is !== undefined) {
    if (is % was === 0) return 'less';
    return was % is === 0 ? 'more' : 'unsure';
  }
  const [wasAge, isAge] = [numberOf(before, 'ageOver'), numberOf(after, 'ageOver')];
  if (wasAge !== undefined && isAge !== undefined) return isAge > wasAge ? 'more' : 'less';
  const [wasLevel, isLevel] = [numberOf(before, 'level'), numberOf(after, 'level')];
  if (wasLevel !== undefined && isLevel !== undefined && hierarchyOf(before) === hierarchyOf(after))
    return isLevel > wasLevel ? 'less' : 'more';
  const dates = `${String(Object(before).date)} ${String(Object(after).date)}`;
  if (dates === 'year month') return 'more';
  return dates === 'month year' ? 'less' : 'unsure';
}
