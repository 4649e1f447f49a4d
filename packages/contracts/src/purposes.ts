/**
 * What a key is for. Each purpose has its own outermost key, and under it one wrapping key and one
 * keyset per dataset. The list holds the purposes in use; others join with what they serve.
 */
export const PURPOSES = ['accepted', 'rejected', 'field', 'hash'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** A key pair's private half opens; its public half, signed in the keyset, only seals. */
export const KEY_PAIR_PURPOSES: readonly Purpose[] = ['rejected'];

/** The services of the flow, in its order. */
export const SERVICES = ['ingest', 'mask', 'encrypt', 'audit', 'anomaly-alert'] as const;
export type ServiceName = (typeof SERVICES)[number];

/**
 * The outermost keys that a service may hold, and no other (G7). Everyone may seal rejects to the
 * public half of `rejected`, which needs none.
 */
export const SERVICE_PURPOSES: Readonly<Record<ServiceName, readonly Purpose[]>> = {
  ingest: ['accepted', 'rejected', 'hash'],
  mask: ['accepted', 'hash'],
  encrypt: ['accepted', 'field'],
  audit: [],
  'anomaly-alert': [],
};
