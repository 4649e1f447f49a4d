import { type ErrorPlace, SealstreamError } from '@sealstream/contracts';

/**
 * Kafka's error codes that this package tells apart, by the broker's number.
 * Source: Apache Kafka protocol guide, "Error Codes".
 */
const KAFKA_ERRORS: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN',
  1: 'OFFSET_OUT_OF_RANGE',
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_FOR_PARTITION',
  7: 'REQUEST_TIMED_OUT',
  9: 'REPLICA_NOT_AVAILABLE',
  10: 'MESSAGE_TOO_LARGE',
  13: 'NETWORK_EXCEPTION',
  14: 'COORDINATOR_LOAD_IN_PROGRESS',
  15: 'COORDINATOR_NOT_AVAILABLE',
  16: 'NOT_COORDINATOR',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  22: 'ILLEGAL_GENERATION',
  23: 'INCONSISTENT_GROUP_PROTOCOL',
  24: 'INVALID_GROUP_ID',
  25: 'UNKNOWN_MEMBER_ID',
  26: 'INVALID_SESSION_TIMEOUT',
  27: 'REBALANCE_IN_PROGRESS',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  30: 'GROUP_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
  35: 'UNSUPPORTED_VERSION',
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  46: 'DUPLICATE_SEQUENCE_NUMBER',
  47: 'INVALID_PRODUCER_EPOCH',
  48: 'INVALID_TXN_STATE',
  56: 'KAFKA_STORAGE_ERROR',
  59: 'UNKNOWN_PRODUCER_ID',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
  78: 'OFFSET_NOT_AVAILABLE',
  79: 'MEMBER_ID_REQUIRED',
  81: 'GROUP_MAX_SIZE_REACHED',
  82: 'FENCED_INSTANCE_ID',
  89: 'THROTTLING_QUOTA_EXCEEDED',
  90: 'PRODUCER_FENCED',
  91: 'RESOURCE_NOT_FOUND',
  92: 'DUPLICATE_RESOURCE',
  93: 'UNACCEPTABLE_CREDENTIAL',
  100: 'UNKNOWN_TOPIC_ID',
  103: 'INCONSISTENT_TOPIC_ID',
};

/** A broker's refusal, by the name of its code. */
export class KafkaRefusal extends Error {
  readonly type: string;

  constructor(type: string) {
    super(`the broker answered ${type}`);
    this.name = 'KafkaRefusal';
    this.type = type;
  }

  static of(errorCode: number): KafkaRefusal {
    return new KafkaRefusal(KAFKA_ERRORS[errorCode] ?? `CODE_${errorCode}`);
  }
}

/** Throws when a broker's code is not 0. */
export function refuse(errorCode: number): void {
  if (errorCode !== 0) throw KafkaRefusal.of(errorCode);
}

/** The broker's code by name, for refusals of ours and of kafkajs; '' when it is none. */
export function refusalType(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('type' in error && typeof error.type === 'string') return error.type;
  return 'cause' in error && error.cause !== error ? refusalType(error.cause) : '';
}

/** Another process owns the transactional id now. */
export function isFenced(error: unknown): boolean {
  const type = refusalType(error);
  return type === 'PRODUCER_FENCED' || type === 'INVALID_PRODUCER_EPOCH';
}

/** Refusals that no waiting mends: somebody has to change a permission, a limit or a setting. */
const FINAL = new Set([
  'CLUSTER_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'GROUP_MAX_SIZE_REACHED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_TRANSACTION_TIMEOUT',
  'TOPIC_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'UNACCEPTABLE_CREDENTIAL',
  'UNSUPPORTED_VERSION',
]);

/** A refusal for good as an error that ends a stage; null when trying again may help. */
export function finalRefusal(error: unknown, place: ErrorPlace): SealstreamError | null {
  const refusal = refusalType(error);
  return FINAL.has(refusal) ? new SealstreamError('KAFKA_REFUSED', { ...place, refusal }) : null;
}

/** Codes of Node and OpenSSL for a handshake that one side refused. */
const TLS_REFUSAL = /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_)\w*$/;

/** Why the connection was refused before any request: sign-in, or TLS by its code; '' when it was not. */
export function signInRefusal(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error.name === 'KafkaJSSASLAuthenticationError') return 'SASL_AUTHENTICATION_FAILED';
  if ('code' in error && typeof error.code === 'string' && TLS_REFUSAL.test(error.code))
    return error.code;
  return error.cause === error ? '' : signInRefusal(error.cause);
}

/** The coordinator that was asked is not (or not yet) the one. */
export function isCoordinatorMoved(error: unknown): boolean {
  return [
    'NOT_COORDINATOR',
    'NOT_COORDINATOR_FOR_GROUP',
    'COORDINATOR_NOT_AVAILABLE',
    'GROUP_COORDINATOR_NOT_AVAILABLE',
    'COORDINATOR_LOAD_IN_PROGRESS',
    'GROUP_LOAD_IN_PROGRESS',
  ].includes(refusalType(error));
}

/** A word for logs: the broker's code or the error's name; never its message. */
export function errorWord(error: unknown): string {
  if (error instanceof SealstreamError) return error.code;
  const type = refusalType(error);
  if (type !== '') return type;
  return error instanceof Error ? error.name : 'unknown';
}
