import { isDeterministic } from '@sealstream/crypto';
import { type MaskRule, type Shows, type Transform, TRANSFORMS } from '@sealstream/masking';
import type { Dataset, Part } from './dataset.ts';
import type { PresetName } from './presets.ts';
import { partsOf } from './record-part.ts';
import { ruleText } from './rule-text.ts';
import { type PlannedField, shredPlan } from './shred-plan.ts';

/** What stands on one output of one part of a record, and who can do what with it. */
export interface Explained {
  /** Path pattern of the policy; #key, #header/NAME or (unknown) for what is no field. */
  readonly path: string;
  readonly topic: string;
  /** As the policy writes it. */
  readonly treatment: string;
  /** Which preset gave it, when the policy does not write it out. */
  readonly preset?: PresetName;
  /** What the value becomes. */
  readonly becomes: string;
  readonly shows: Shows;
  /** What can be read there, in words. */
  readonly keeps: string;
  /** Who gets the value back. */
  readonly back: string;
  /** What a shred of its subject changes; `nothing` where nothing of the value stands. */
  readonly afterShred: PlannedField['after'] | 'nothing' | 'no subject';
}

type Told = Omit<Explained, 'path' | 'topic' | 'afterShred'>;

const NOBODY = 'nobody';
const READABLE = 'everybody who reads the topic';

/**
 * Says of every part of a record what becomes of it on each output. With `path`, of that field alone;
 * none when the policy does not name it.
 */
export function explain(dataset: Dataset, path?: string): Explained[] {
  const { encrypted, masked } = dataset.topics;
  const named = partsOf(dataset).filter((part) => path === undefined || part.path === path);
  const parts = named.flatMap((field) => [
    {
      path: field.path,
      topic: masked,
      ...(groupPart(dataset, field) ?? maskPart(field)),
      ...given(field.presets?.mask),
    },
    {
      path: field.path,
      topic: encrypted,
      ...encryptPart(field, dataset.subject !== undefined),
      ...given(field.presets?.encrypt),
    },
  ]);
  const all =
    path === undefined ? [...parts, ...tagParts(dataset), ...unknownParts(dataset)] : parts;
  const shredded = new Map(
    shredPlan(dataset).map(({ after, path: of, topic }) => [`${topic} ${of}`, after]),
  );
  return all.map((part) => ({
    ...part,
    afterShred:
      dataset.subject === undefined
        ? 'no subject'
        : (shredded.get(`${part.topic} ${part.path}`) ?? 'nothing'),
  }));
}

const given = (preset: PresetName | undefined): { preset?: PresetName } =>
  preset === undefined ? {} : { preset };

/** What a policy may leave out does not make a rule another one. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  with: 'X',
  language: 'en',
  alphabet: 'digits',
  per: 'record',
};

function withoutDefaults(parameters: unknown): unknown {
  if (typeof parameters !== 'object' || parameters === null) return parameters;
  const said = Object.entries(parameters).filter(([name, value]) => DEFAULTS[name] !== value);
  const sorted = said.sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0 ? undefined : Object.fromEntries(sorted);
}

const HASH: MaskRule = { name: 'hash', parameters: undefined };

function maskPart({ mask }: Pick<Part, 'mask'>): Told {
  const { keeps, output, purpose, reversible, shows }: Transform = TRANSFORMS[mask.name];
  const back = reversible ? `who holds the keys of ${purpose}` : NOBODY;
  return {
    treatment: ruleText({ name: mask.name, parameters: withoutDefaults(mask.parameters) }),
    becomes: output,
    shows,
    keeps,
    back: shows === 'everything' ? READABLE : back,
  };
}

/** What a group shows of a field; undefined when the field's own mask says it. */
function groupPart({ kAnonymity }: Dataset, { path }: Part): Told | undefined {
  if (kAnonymity === undefined) return undefined;
  const { k, l, quasiIdentifiers, sensitive } = kAnonymity;
  if (quasiIdentifiers.some((quasi) => quasi.path === path))
    return {
      treatment: `kAnonymity ${JSON.stringify({ k })}`,
      becomes: 'text',
      shows: 'part',
      keeps: `what at least ${k} subjects of a group have in common`,
      back: NOBODY,
    };
  if (!sensitive.includes(path)) return undefined;
  return {
    treatment: `kAnonymity ${JSON.stringify({ l })}`,
    becomes: 'as it was',
    shows: 'everything',
    keeps: `the value, of one among at least ${k} subjects; a group has at least ${l} different ones`,
    back: READABLE,
  };
}

const PLAIN: Readonly<Record<'keep' | 'drop' | 'null', Told>> = {
  keep: {
    treatment: 'keep',
    becomes: 'as it was',
    shows: 'everything',
    keeps: 'everything',
    back: READABLE,
  },
  drop: {
    treatment: 'drop',
    becomes: 'nothing',
    shows: 'nothing',
    keeps: 'nothing, not even that it was there',
    back: NOBODY,
  },
  null: { treatment: 'null', becomes: 'null', shows: 'nothing', keeps: 'nothing', back: NOBODY },
};

function encryptPart({ encrypt, seal }: Pick<Part, 'encrypt' | 'seal'>, hasSubject: boolean): Told {
  if (encrypt === 'hash') return maskPart({ mask: HASH });
  if (encrypt !== 'seal') return PLAIN[encrypt];
  const isEqual = isDeterministic(seal);
  const more = {
    ...(seal.form !== 'token' && { form: seal.form }),
    ...(seal.algorithm === 'aes-256-gcm' && seal.form === 'token' && { algorithm: seal.algorithm }),
    ...(isEqual && { deterministic: true }),
    ...(seal.bind.length > 0 && { bind: seal.bind }),
    ...(!seal.pad && { pad: 'none' }),
    ...(hasSubject && seal.keys !== 'subject' && { survivesShred: true }),
  };
  const length = seal.pad ? 'its length, rounded up' : 'its length';
  return {
    treatment:
      Object.keys(more).length === 0 ? 'seal' : ruleText({ name: 'seal', parameters: more }),
    becomes: `${seal.form} under ${seal.algorithm}`,
    shows: isEqual ? 'equality' : 'nothing',
    keeps: isEqual ? `which records have equal values, and ${length}` : length,
    back: `who holds the keys of ${seal.keys}, or a grant of this field`,
  };
}

type Placed = Told & Pick<Explained, 'path' | 'topic'>;

/** Fields that the policy does not name and a schema tags. */
function tagParts({ subject, tags = {}, topics, unknownSeal }: Dataset): Placed[] {
  return Object.entries(tags).flatMap(([tag, { encrypt, mask }]) => {
    const path = `(tag ${tag})`;
    const rule = { mask: { name: mask, parameters: undefined } };
    const sealed = { encrypt, seal: unknownSeal };
    return [
      { path, topic: topics.masked, ...maskPart(rule) },
      { path, topic: topics.encrypted, ...encryptPart(sealed, subject !== undefined) },
    ];
  });
}

/** Fields that the policy does not name. */
function unknownParts({ subject, topics, unknownFields, unknownSeal }: Dataset): Placed[] {
  if (unknownFields === 'reject') return [];
  const sealed = { encrypt: 'seal', seal: unknownSeal } as const;
  return [
    { path: '(unknown)', topic: topics.masked, ...PLAIN.drop },
    {
      path: '(unknown)',
      topic: topics.encrypted,
      ...(unknownFields === 'drop' ? PLAIN.drop : encryptPart(sealed, subject !== undefined)),
    },
  ];
}
