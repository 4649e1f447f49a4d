import {
  type DocumentForm,
  isKeyId,
  type SignedDocument,
  type WrapContext,
} from '@sealstream/crypto';
import { z } from 'zod';
import { FIRST_LINK } from './shred-chain.ts';

/** One more than this would keep backups readable for longer than is promised. */
export const EPOCHS_MAX = 2;

const Epoch = z.strictObject({
  id: z.string().refine(isKeyId),
  /** Subject keys are made under the active one; a retiring one only opens until all are moved. */
  state: z.enum(['active', 'retiring']),
  created: z.iso.datetime(),
});
export type Epoch = z.infer<typeof Epoch>;

/** What is signed about all subjects of a dataset: their epochs, and how many were shredded. */
const SubjectRegister = z
  .strictObject({
    type: z.literal('sealstream-subjects'),
    v: z.literal(1),
    dataset: z.string().min(1),
    /** 1, 2, …: one more with every change. */
    version: z.int().min(1),
    changed: z.iso.datetime(),
    epochs: z.array(Epoch).min(1).max(EPOCHS_MAX),
    /** Shreds and re-enrolments so far. */
    shreds: z.int().min(0),
    /** The last link of the chain over all of them. */
    shredChain: z.string().length(FIRST_LINK.length),
  })
  .refine(
    ({ epochs }) =>
      epochs.filter(({ state }) => state === 'active').length === 1 &&
      new Set(epochs.map(({ id }) => id)).size === epochs.length,
  );
export type SubjectRegister = z.infer<typeof SubjectRegister>;
export type SignedRegister = SignedDocument<SubjectRegister>;

/** How registers are signed. */
export const REGISTER_FORM: DocumentForm<SubjectRegister> = {
  domain: 'sealstream/v1 subjects\n',
  parse: (value) => SubjectRegister.parse(value),
  nameOf: ({ dataset }) => registerName(dataset),
};

/** `subject/dataset`: its name in Redis, on the keyring topic and in messages. */
export function registerName(dataset: string): string {
  return `subject/${dataset}`;
}

/** What an epoch key is bound to under the outermost key. */
export function epochContext(dataset: string, id: string): WrapContext {
  return ['subject epoch', dataset, id];
}

/** The epoch under which keys are made now. */
export function activeEpoch({ epochs }: SubjectRegister): Epoch {
  const active = epochs.find(({ state }) => state === 'active');
  // Postcondition: a register that parses has exactly one.
  if (active === undefined) throw new TypeError('no active epoch');
  return active;
}

/**
 * Bytes that stand in a register only while the epoch is active. Redis looks for them before it
 * takes a new key, so that none is made under an epoch that is being given up.
 */
export function activeEpochMark(id: string): string {
  return `{"id":"${id}","state":"active"`;
}

/** The register of a dataset without subjects. */
export function firstRegister(
  dataset: string,
  epoch: Pick<Epoch, 'id' | 'created'>,
): SubjectRegister {
  return {
    type: 'sealstream-subjects',
    v: 1,
    dataset,
    version: 1,
    changed: new Date().toISOString(),
    epochs: [{ id: epoch.id, state: 'active', created: epoch.created }],
    shreds: 0,
    shredChain: FIRST_LINK,
  };
}

/** The new epoch is active, the one that was is retiring. */
export function withEpoch(
  register: SubjectRegister,
  epoch: Pick<Epoch, 'id' | 'created'>,
): SubjectRegister {
  const retiring = { ...activeEpoch(register), state: 'retiring' } as const;
  return next(register, {
    epochs: [retiring, { id: epoch.id, state: 'active', created: epoch.created }],
  });
}

/** Without the retiring epoch. */
export function withoutRetired(register: SubjectRegister): SubjectRegister {
  return next(register, { epochs: [activeEpoch(register)] });
}

/** With one shred or re-enrolment more. */
export function withShred(register: SubjectRegister, link: string): SubjectRegister {
  return next(register, { shreds: register.shreds + 1, shredChain: link });
}

function next(register: SubjectRegister, change: Partial<SubjectRegister>): SubjectRegister {
  const changed = new Date().toISOString();
  return { ...register, ...change, changed, version: register.version + 1 };
}
