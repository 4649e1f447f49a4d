/**
 * sdk: opens, in a consumer's own program, the fields that the consumer was granted; and seals a
 * producer's records before they reach Kafka.
 *
 * Promises: what is opened is byte for byte what was sealed, and every other byte of a record stays,
 * other tokens among it; a grant is believed only when its signer's signature holds and it is not
 * over; keys of single persons are asked for in bulk and used for five minutes at most; nothing can
 * be sealed with a grant; keys lie in guarded memory and are zeroed by close. No error holds a value
 * or a key. It knows neither Kafka nor Redis: records and answers come from whatever has them.
 */
export {
  type ErrorCode,
  type KeyResolver,
  type ResolveAnswer,
  type ResolveRequest,
  SealstreamError,
} from '@sealstream/contracts';
export type { OpenedField, PlainType } from '@sealstream/crypto';
export type { OpenedRecord } from '@sealstream/flow';
export type { ConsumedRecord, HeaderBytes } from './consumed-record.ts';
export type { GrantFacts, GrantReader } from './grant-reader.ts';
export { openGrant, type OpenGrantOptions } from './open-grant.ts';
export {
  openProducerSeal,
  type ProducedRecord,
  type ProducerSeal,
  type ProducerSealOptions,
} from './producer-seal.ts';
