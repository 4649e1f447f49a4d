/**
 * The requests that a stage's transaction is made of, by their key in Kafka's protocol.
 * Source: Apache Kafka protocol guide, "Api Keys".
 */
export const REQUESTS = {
  Produce: 0,
  Fetch: 1,
  Metadata: 3,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  SyncGroup: 14,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
} as const;
export type RequestName = keyof typeof REQUESTS;
export const REQUEST_NAMES = Object.keys(REQUESTS) as readonly RequestName[];

/** Asked only when a process or a session begins: to lose its answer, one has to be made to begin. */
export const ASKED_AT_START: ReadonlySet<RequestName> = new Set([
  'Metadata',
  'OffsetFetch',
  'FindCoordinator',
  'JoinGroup',
  'SyncGroup',
  'InitProducerId',
]);
