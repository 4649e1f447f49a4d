import { z } from 'zod';

import type { HoldingReview } from '../policy-desk.ts';
import { PRINTABLE } from './forms.ts';

/** Some 8,000 fields. */
const TEXT_CHARACTERS_MAX = 512 * 1024;
const WHY_CHARACTERS_MAX = 500;

export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('Hex SHA-256 of a text in UTF-8.');

export const PolicyText = z
  .string()
  .min(1)
  .max(TEXT_CHARACTERS_MAX)
  .refine((text) => text.isWellFormed())
  .describe('A whole policy file. Other files it may name only where the policy in use does.');

/** It is shown to whoever agrees and to whoever reads proposals. */
export const Why = z
  .string()
  .min(1)
  .max(WHY_CHARACTERS_MAX)
  .regex(PRINTABLE)
  .describe('What for; no value of a record.');

export const PolicyProblem = z.object({
  line: z.int().describe('From 1.'),
  column: z.int().describe('From 1.'),
  path: z.string().optional().describe('Of the field, where it is about one.'),
  message: z.string(),
});

const DATASET_DIFFERENCE = z.object({
  dataset: z.string(),
  what: z.string().describe('A part of a record, or a word of the dataset.'),
  topic: z.string().optional(),
  before: z.string().optional(),
  after: z.string().optional(),
  readers: z.enum(['more', 'perhaps', 'less', 'other']).describe('What readers of the topic see.'),
});

const ACCESS_DIFFERENCE = z.object({
  what: z.string().describe('`role NAME`, `purpose NAME` or `fourEyes`.'),
  before: z.string().optional(),
  after: z.string().optional(),
  callers: z.enum(['more', 'perhaps', 'less', 'other']).describe('What callers may do.'),
});

/** As `sealstream diff --json` tells them. */
export const DIFFERENCES = {
  differences: z.array(DATASET_DIFFERENCE),
  access: z.array(ACCESS_DIFFERENCE),
  stale: z
    .array(z.string())
    .describe('Datasets that changed without a higher revision: services would not take them.'),
};

/** What of a review is told. */
export function differencesOf({ access, differences, stale }: HoldingReview) {
  return { differences: [...differences], access: [...access], stale: [...stale] };
}
