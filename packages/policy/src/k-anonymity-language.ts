import { z } from 'zod';

/** `30s`, `5m`, `2h`, `1d`; or `10000 records`. */
export const DELAY = /^([1-9]\d{0,8})(?:(s|m|h|d)| (records))$/;

/** Fewer than two look like themselves; beyond this a group would hold half a partition. */
const K_MIN = 2;
const K_MAX = 10_000;
/** What waits is held in memory and, sealed, on a topic. */
const WAITING_MAX = 1_000_000;
/** With each of its groups a subject's count grows. */
const GROUPS_MAX = 100;
/** Counts are held in memory and, sealed, on the same topic. */
const SUBJECTS_MAX = 10_000_000;

/** How one quasi-identifier becomes coarser: a range of numbers, or the levels of a file. */
export const QuasiIdentifierLanguage = z
  .strictObject({
    from: z.number().optional().describe('Smallest number that may come.'),
    to: z.number().optional().describe('Largest number that may come.'),
    hierarchy: z
      .string()
      .min(1)
      .optional()
      .describe('File beside the policy: a line for each value, with ever coarser forms, and *.'),
  })
  .describe('{ from: 0, to: 120 } for numbers, { hierarchy: FILE } for texts.');

export const KAnonymityLanguage = z
  .strictObject({
    k: z
      .int()
      .min(K_MIN)
      .max(K_MAX)
      .describe('How many different subjects each group on masked has at least.'),
    l: z
      .int()
      .min(1)
      .max(K_MAX)
      .optional()
      .describe('How many different values of each sensitive field a group has; 1 if not given.'),
    delay: z
      .string()
      .regex(DELAY, 'delay must be a time such as 30s, 5m or 2h, or a count such as 10000 records')
      .describe('How long a record waits for others at most: 30s, 5m, 2h, or 10000 records.'),
    quasiIdentifiers: z
      .record(z.string(), QuasiIdentifierLanguage)
      .describe('The fields that tell people apart when put together, by path.'),
    sensitive: z
      .array(z.string())
      .optional()
      .describe('Paths of the fields that masked is there for; each is shown as it is.'),
    maxWaiting: z
      .int()
      .min(K_MIN)
      .max(WAITING_MAX)
      .optional()
      .describe('Most records that wait in a partition; 100000 if not given.'),
    maxGroupsPerSubject: z
      .int()
      .min(1)
      .max(GROUPS_MAX)
      .optional()
      .describe('In how many groups of a partition a subject may be within forgetAfter.'),
    forgetAfter: z
      .string()
      .regex(DELAY, 'forgetAfter must be a time such as 30d, or a count such as 100000 records')
      .optional()
      .describe('With maxGroupsPerSubject: how long a group counts, in the unit of the delay.'),
    maxSubjects: z
      .int()
      .min(K_MIN)
      .max(SUBJECTS_MAX)
      .optional()
      .describe('Most subjects whose groups are counted in a partition; 1000000 if not given.'),
  })
  .describe('Masked holds groups of at least k subjects that look alike, and no single records.');

export type KAnonymityText = z.infer<typeof KAnonymityLanguage>;
export type QuasiIdentifierText = z.infer<typeof QuasiIdentifierLanguage>;
