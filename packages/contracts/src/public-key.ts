import { z } from 'zod';

/** The public half of a key pair, as it is given to those who seal to it; signed. */
export const PublicKeyDocument = z.strictObject({
  type: z.literal('sealstream-public-key'),
  v: z.literal(1),
  purpose: z.enum(['producer', 'rejected']),
  dataset: z.string().min(1),
  /** Key id. */
  id: z.string().regex(/^[A-Za-z0-9_-]{12}$/),
  /** X25519, 32 bytes in base64url. */
  publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** When it was given out. */
  created: z.iso.datetime(),
});
export type PublicKeyDocument = z.infer<typeof PublicKeyDocument>;
