import { type Transform, TRANSFORMS } from '@sealstream/masking';
import type { Dataset, Part } from './dataset.ts';
import { partsOf } from './record-part.ts';

/** What a shred does to one field of a subject's records. */
export interface PlannedField {
  /** Path pattern of the policy. */
  readonly path: string;
  /** The topic on which it stands. */
  readonly topic: string;
  /** As the policy names the treatment. */
  readonly treatment: string;
  /**
   * `opens-no-more`: sealed under the key of the subject, or in its rows of the vault.
   * `still-opens`: sealed under another one, or in rows of nobody.
   * `one-way`: never could be opened, and stays. `readable`: stands there in clear, and stays.
   */
  readonly after: 'opens-no-more' | 'still-opens' | 'one-way' | 'readable';
}

/**
 * What becomes of each key, header and field of a dataset when a subject of it is shredded; those of
 * which nothing stands on a topic are not listed there.
 */
export function shredPlan(dataset: Dataset): PlannedField[] {
  const { encrypted } = dataset.topics;
  const parts = partsOf(dataset).flatMap((field) => [
    maskedAfter(dataset, field),
    planned(field.path, encrypted, sealName(field), afterEncrypt(field)),
  ]);
  const tags = Object.entries(dataset.tags ?? {}).map(([tag, { encrypt }]) => {
    const after = afterEncrypt({ encrypt, seal: dataset.unknownSeal });
    return planned(`(tag ${tag})`, encrypted, encrypt, after);
  });
  return [...parts, ...tags, unknown(dataset)].filter((one) => one !== undefined);
}

/** Fields that the policy does not name stand on encrypted alone, where they are sealed. */
function unknown({
  subject,
  topics,
  unknownFields,
  unknownSeal,
}: Dataset): PlannedField | undefined {
  if (unknownFields !== 'encrypt' || subject === undefined) return undefined;
  const after = unknownSeal.keys === 'subject' ? 'opens-no-more' : 'still-opens';
  return planned('(unknown)', topics.encrypted, 'seal', after);
}

function planned(
  path: string,
  topic: string,
  treatment: string,
  after: PlannedField['after'] | undefined,
): PlannedField | undefined {
  return after === undefined ? undefined : { path, topic, treatment, after };
}

/** What a group shows of a field stays as what a mask leaves of it does. */
function maskedAfter(dataset: Dataset, field: Part): PlannedField | undefined {
  const { kAnonymity, topics } = dataset;
  const { path } = field;
  if (kAnonymity?.sensitive.includes(path) === true)
    return planned(path, topics.masked, 'kAnonymity', 'readable');
  if (kAnonymity?.quasiIdentifiers.some((quasi) => quasi.path === path) === true)
    return planned(path, topics.masked, 'kAnonymity', 'one-way');
  return planned(path, topics.masked, field.mask.name, afterMask(field));
}

function afterMask({ mask, maskGoesWithSubject }: Part): PlannedField['after'] | undefined {
  if (maskGoesWithSubject === true) return 'opens-no-more';
  const { afterShred }: Transform = TRANSFORMS[mask.name];
  return afterShred === 'nothing' ? undefined : afterShred;
}

function afterEncrypt({
  encrypt,
  seal,
}: Pick<Part, 'encrypt' | 'seal'>): PlannedField['after'] | undefined {
  if (encrypt === 'hash') return 'one-way';
  if (encrypt === 'keep') return 'readable';
  if (encrypt !== 'seal') return undefined;
  return seal.keys === 'subject' ? 'opens-no-more' : 'still-opens';
}

/** As a policy would name it, with what is not the default. */
function sealName({ encrypt, seal }: Part): string {
  if (encrypt !== 'seal' || seal.form !== 'token') return encrypt === 'seal' ? seal.form : encrypt;
  return seal.algorithm === 'xchacha20-poly1305' ? 'seal' : `seal ${seal.algorithm}`;
}
