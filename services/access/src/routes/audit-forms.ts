import { z } from 'zod';

/** Index of an entry: beyond 15 digits no log goes. */
export const AuditIndex = z.coerce.number().int().min(0).max(999_999_999_999_999);

export const NoteText = z
  .string()
  .describe('The signed note as it is (C2SP tlog-checkpoint): origin, size, root, signature.');
