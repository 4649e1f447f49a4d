/**
 * The one header that Sealstream puts on every record after raw, in binary, 25 bytes (27 on replays):
 *
 *     format version   1 byte, now 1
 *     policy id        8 bytes: revision uint32 BE, then the first 4 bytes of the policy's SHA-256
 *     incarnation      4 bytes: the first 4 of the raw topic's Kafka topic id
 *     partition        int32 BE
 *     offset           int64 BE
 *     attempt          1 byte, only on replayed records: 1, 2, …
 *     branch           1 byte, only on replayed records: see BRANCHES
 */
export const SOURCE_HEADER = 'sealstream';
/** On encrypted records whose tokens are bound to it: the subject's index, 16 bytes. */
export const SUBJECT_HEADER = 'sealstream-subject';
/** On rejected records: UTF-8 JSON of RejectNote. */
export const REJECT_HEADER = 'sealstream-reject';
/** Header names that begin so are ours: from a producer they are dropped and counted. */
export const RESERVED_HEADER_PREFIX = 'sealstream';
/** First byte of SOURCE_HEADER. */
export const FORMAT_VERSION = 1;
/** Which branch a replayed record is for: the other one skips it. */
export const BRANCHES = { both: 0, mask: 1, encrypt: 2 } as const;
export type Branch = keyof typeof BRANCHES;
