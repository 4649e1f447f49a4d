import { accessDiff, type AccessDifference } from '@sealstream/authorization';
import { type MaskRule, SHOWS } from '@sealstream/masking';
import type { Dataset, DatasetRules, Part } from './dataset.ts';
import { type Explained, explain } from './explain.ts';
import { hierarchyMark } from './hierarchy-file.ts';
import type { Policy } from './policy.ts';
import { partsOf } from './record-part.ts';
import { partOrder } from './shown-parts.ts';

/** One thing that another policy treats otherwise. */
export interface Difference {
  readonly dataset: string;
  /** A part of a record as `explain` names it, or a word of the dataset. */
  readonly what: string;
  /** Where it stands; undefined for words of the dataset. */
  readonly topic?: string;
  /** Undefined where it was not there, or is not any more. */
  readonly before?: string;
  readonly after?: string;
  /**
   * Whether readers of the topic see more than before, less, or something else; `perhaps` where it may
   * be more. Of a word always other.
   */
  readonly readers: 'more' | 'perhaps' | 'less' | 'other';
}

/** What differs, and what keeps the new policy from being rolled out. */
export interface PolicyDiff {
  readonly differences: readonly Difference[];
  /** Datasets that changed without a higher revision: services would take both for the same. */
  readonly stale: readonly string[];
  /** What callers of the access service may do more or less of; no revision goes with it. */
  readonly access: readonly AccessDifference[];
}

/** Words whose parts `explain` does not show. */
const WORDS = [
  'format',
  'subject',
  'unknownFields',
  'undeclaredPersonalData',
  'producerTokens',
  'producerSeal',
  'maxRecordBytes',
  'deleteAfterIngest',
  'topics',
  'required',
] as const satisfies readonly (keyof DatasetRules)[];

/** The same of a field. */
const FIELD_WORDS: readonly (readonly [string, (part: Part) => string | undefined])[] = [
  ['type', ({ types }) => types.join(' or ')],
  ['class', (field) => field.class],
];

/**
 * What readers of each output see more or less of under another policy. A field that is named in one
 * of them alone shows nothing in the other, since it is rejected, left out or sealed there.
 */
export function policyDiff(before: Policy, after: Policy): PolicyDiff {
  const names = new Set([...before.datasets.keys(), ...after.datasets.keys()]);
  const differences: Difference[] = [];
  const stale: string[] = [];
  for (const name of names) {
    const [old, now] = [before.datasets.get(name), after.datasets.get(name)];
    if (old?.sha256 === now?.sha256) continue;
    differences.push(...wordsOf(name, old, now), ...changedParts(name, old, now));
    if (old !== undefined && now !== undefined && now.revision <= old.revision) stale.push(name);
  }
  return { differences, stale, access: accessDiff(before.access, after.access) };
}

function wordsOf(
  dataset: string,
  old: Dataset | undefined,
  now: Dataset | undefined,
): Difference[] {
  if (old === undefined || now === undefined) {
    const word = old === undefined ? { after: 'is new' } : { before: 'is gone' };
    return [{ dataset, what: 'dataset', ...word, readers: 'other' }];
  }
  const fieldChanges = partsOf(now).flatMap((field) => {
    const was = partsOf(old).find(({ path }) => path === field.path);
    return FIELD_WORDS.filter(([, of]) => was !== undefined && of(was) !== of(field)).map(
      ([word, of]) => worded(dataset, `${field.path} ${word}`, was && of(was), of(field)),
    );
  });
  const words = WORDS.filter((word) => text(old[word]) !== text(now[word])).map((word) =>
    worded(dataset, word, old[word], now[word]),
  );
  const groups =
    text(old.kAnonymity) === text(now.kAnonymity)
      ? []
      : [worded(dataset, 'kAnonymity', groupsOf(old), groupsOf(now))];
  return [...words, ...groups, ...fieldChanges];
}

/** Texts of hierarchies are files of any length, so a hash stands for each. */
function groupsOf({ kAnonymity }: Dataset): unknown {
  if (kAnonymity === undefined) return undefined;
  const quasiIdentifiers = kAnonymity.quasiIdentifiers.map((quasi) => {
    if (quasi.kind === 'numeric') return quasi;
    return { path: quasi.path, hierarchy: hierarchyMark(quasi.hierarchy) };
  });
  return { ...kAnonymity, quasiIdentifiers };
}

function worded(dataset: string, what: string, before: unknown, after: unknown): Difference {
  return {
    dataset,
    what,
    ...asText('before', before),
    ...asText('after', after),
    readers: 'other',
  };
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : JSON.stringify(value);

function asText(name: 'before' | 'after', value: unknown): { before?: string; after?: string } {
  const said = text(value);
  return said === undefined ? {} : { [name]: said };
}

/** A part, and the rule behind it where that is a field's mask. */
type Placed = Explained & { readonly mask?: MaskRule };

/** Topics may be renamed, so an output is told by its place: masked or encrypted. */
function placed(dataset: Dataset | undefined): Map<string, Placed> {
  if (dataset === undefined) return new Map();
  const masks = new Map(partsOf(dataset).map(({ mask, path }) => [path, mask]));
  return new Map(
    explain(dataset).map((part) => {
      const isMasked = part.topic === dataset.topics.masked;
      const mask = isMasked ? masks.get(part.path) : undefined;
      return [
        `${isMasked ? 'masked' : 'encrypted'} ${part.path}`,
        mask === undefined ? part : { ...part, mask },
      ];
    }),
  );
}

function changedParts(
  dataset: string,
  old: Dataset | undefined,
  now: Dataset | undefined,
): Difference[] {
  const [was, is] = [placed(old), placed(now)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((place) => {
    const [before, after] = [was.get(place), is.get(place)];
    const shown = after ?? before;
    if (shown === undefined || before?.treatment === after?.treatment) return [];
    return [
      {
        dataset,
        what: shown.path,
        topic: shown.topic,
        ...(before !== undefined && { before: before.treatment }),
        ...(after !== undefined && { after: after.treatment }),
        readers: readersSee(before, after),
      },
    ];
  });
}

/**
 * A part of a value under one rule need not lie in the part under another; and where equal values become
 * equal, whoever may write raw can find the whole value by guessing.
 */
function readersSee(before: Placed | undefined, after: Placed | undefined): Difference['readers'] {
  const [was, is] = [before?.shows ?? 'nothing', after?.shows ?? 'nothing'];
  if (was === 'part' && is === 'equality') return 'perhaps';
  if (was !== is) return SHOWS.indexOf(is) > SHOWS.indexOf(was) ? 'more' : 'less';
  if (is !== 'part') return 'other';
  if (before?.mask === undefined || after?.mask === undefined) return 'perhaps';
  const order = partOrder(before.mask, after.mask);
  if (order === 'unsure') return 'perhaps';
  return order === 'equal' ? 'other' : order;
}
