/** The topics of one dataset. Partition n of raw becomes partition n of each of the others. */
export interface DatasetTopics {
  readonly raw: string;
  readonly accepted: string;
  readonly rejected: string;
  readonly masked: string;
  readonly encrypted: string;
}

/** Topic names of a dataset; the policy may name any of them otherwise. */
export function datasetTopics(dataset: string, named: Partial<DatasetTopics> = {}): DatasetTopics {
  return {
    raw: named.raw ?? `raw.${dataset}`,
    accepted: named.accepted ?? `accepted.${dataset}`,
    rejected: named.rejected ?? `rejected.${dataset}`,
    masked: named.masked ?? `masked.${dataset}`,
    encrypted: named.encrypted ?? `encrypted.${dataset}`,
  };
}

/**
 * What waits in mask for a group, sealed; compacted, key = an id that means nothing. Only of datasets
 * whose policy asks for groups.
 */
export function maskStateTopic(dataset: string): string {
  return `mask.state.${dataset}`;
}

/** The topic that only the named service may write its audit events to. */
export function auditTopic(service: string): string {
  return `audit.events.${service}`;
}

/** Latest signed checkpoint of the audit log; compacted, key = log origin. */
export const CHECKPOINT_TOPIC = 'audit.checkpoints';
/** Latest signed document of each keyset; compacted, key = `purpose/dataset`. */
export const KEYRING_TOPIC = 'keyring';
/** Alert state changes; compacted, key = alert id. */
export const ALERT_TOPIC = 'security.alerts';

/**
 * The operator's wishes and what Sealstream created; compacted, one partition. Keys:
 * `pause/<stage>/<dataset>` (ControlPause) and `topic/<name>` (ControlTopic).
 */
export const CONTROL_TOPIC = 'sealstream.control';

/** The consumer group of a stage on a dataset. */
export function stageGroup(stage: string, dataset: string): string {
  return `sealstream.${stage}.${dataset}`;
}
