/**
 * What a key is for. Each purpose has its own outermost key. The list holds the purposes in use;
 * others join with what they serve.
 */
export const PURPOSES = [
  'accepted',
  'rejected',
  'field',
  'subject',
  'subject-index',
  'hash',
  'fpe',
  'vault',
  'producer',
] as const;
export type Purpose = (typeof PURPOSES)[number];

/**
 * Purposes with one wrapping key and one keyset per dataset: all but `subject`, whose keys, one for
 * each person, stand in a register of their own.
 */
export const KEYSET_PURPOSES: readonly Purpose[] = PURPOSES.filter(
  (purpose) => purpose !== 'subject',
);

/** A key pair's private half opens; its public half, signed in the keyset, only seals. */
export const KEY_PAIR_PURPOSES: readonly Purpose[] = ['rejected', 'producer'];

/** The services that a record's way needs, in its order. */
export const FLOW_SERVICES = ['ingest', 'mask', 'encrypt', 'audit', 'anomaly-alert'] as const;
export type FlowServiceName = (typeof FLOW_SERVICES)[number];

/** All services: those of the flow, and the one that people and programs get in by. */
export const SERVICES = [...FLOW_SERVICES, 'access'] as const;
export type ServiceName = (typeof SERVICES)[number];

/**
 * The outermost keys that a service may hold, and no other (G7). Everyone may seal rejects to the
 * public half of `rejected`, which needs none.
 */
export const SERVICE_PURPOSES: Readonly<Record<ServiceName, readonly Purpose[]>> = {
  ingest: ['accepted', 'rejected', 'subject-index', 'hash', 'producer'],
  mask: ['accepted', 'hash', 'fpe', 'vault'],
  encrypt: ['accepted', 'field', 'subject'],
  audit: [],
  'anomaly-alert': [],
  access: ['field', 'subject', 'subject-index', 'fpe', 'vault'],
};
