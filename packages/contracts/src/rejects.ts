import { z } from 'zod';

/** Why and where a record was rejected; travels in clear beside the sealed original. */
export const RejectNote = z.object({
  v: z.literal(1),
  stage: z.enum(['ingest', 'mask', 'encrypt']),
  code: z.string(),
  /** 0 for the first try, then one more for each replay. */
  attempt: z.number().int().min(0),
  /** The policy's path pattern, never a name that the record brought. */
  path: z.string().optional(),
  /** Byte offset in the record's value. */
  byte: z.number().int().optional(),
  source: z.object({
    topic: z.string(),
    incarnation: z.string(),
    partition: z.number().int(),
    offset: z.string(),
  }),
});
export type RejectNote = z.infer<typeof RejectNote>;
