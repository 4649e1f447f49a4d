import { z } from 'zod';
import { ACTION_NAMES } from './actions.ts';

/* The words of `access:` in the policy file; docs/policy.md says more. */

export const REFERENCES = ['required', 'optional', 'none'] as const;
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const QUOTA_PERIODS = ['hour', 'day', 'week', 'month'] as const;
/** More than anybody looks at; a count beyond it would not be exact in Redis's scripts. */
const QUOTA_MAX = 1_000_000_000_000;

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;
const CLOCK_OR_END = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/;

const actions = z.array(z.enum(ACTION_NAMES)).min(1);
const meaning = z.string().regex(/\S/, 'meaning must say something');

const PurposeLanguage = z
  .strictObject({
    meaning: meaning.describe('What somebody does who gives this purpose.'),
    reference: z
      .enum(REFERENCES)
      .optional()
      .describe('Whether a case number must come along: required, optional (default) or none.'),
  })
  .describe('A reason for which something may be done.');

const HoursLanguage = z
  .strictObject({
    days: z.array(z.enum(DAYS)).min(1).describe('Days on which the hours begin: mon to sun.'),
    from: z.string().regex(CLOCK, "from must be a time such as '08:00'"),
    to: z
      .string()
      .regex(CLOCK_OR_END, "to must be a time such as '18:00', or '24:00'")
      .describe("Where they end; '24:00' is the end of the day. Before from: on the next day."),
    zone: z.string().describe('Time zone by its IANA name, such as Europe/Berlin.'),
  })
  .describe('When a rule counts, by the clock on the wall of a zone.');

const QuotaLanguage = z
  .strictObject({
    values: z.int().min(1).max(QUOTA_MAX).describe('How many values a person may ask for.'),
    per: z.enum(QUOTA_PERIODS).describe('In which time: hour, day, week or month.'),
  })
  .describe(
    'How much one person may do under the rule; days and months begin in its zone, or UTC.',
  );

const RuleLanguage = z
  .strictObject({
    actions: actions.describe('What is allowed; actions of one kind.'),
    datasets: z
      .array(z.string())
      .min(1)
      .optional()
      .describe("On which datasets; '*' is every one. Not with actions on the whole system."),
    fields: z
      .array(z.string())
      .min(1)
      .optional()
      .describe("Paths of fields for reveal, detokenise, tokenise and seal; '*' is every one."),
    purposes: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('For which purposes; must be there for reveal and detokenise.'),
    hours: HoursLanguage.optional(),
    quota: QuotaLanguage.optional(),
  })
  .describe('What is allowed together.');

const RoleLanguage = z
  .strictObject({
    meaning: meaning.describe('What somebody with this role does.'),
    allow: z.array(RuleLanguage).min(1).describe('Rules; one that fits is enough.'),
  })
  .describe('What its holders may do.');

const FourEyesLanguage = z
  .strictObject({
    actions: actions.describe('Actions that need a second person, beside those that always do.'),
  })
  .describe('Where a second person must agree.');

export const AccessLanguage = z
  .strictObject({
    purposes: z.record(z.string().min(1), PurposeLanguage).optional(),
    roles: z.record(z.string().min(1), RoleLanguage),
    fourEyes: FourEyesLanguage.optional(),
  })
  .describe('Who may do what through the access service; what no rule allows is denied.');

export type AccessText = z.infer<typeof AccessLanguage>;
export type RuleText = z.infer<typeof RuleLanguage>;

/** The words that may stand in the map at a place below `access`, for suggestions. */
export function accessWords(place: readonly (string | number)[]): readonly string[] {
  const [section, , allow, , part] = place;
  if (section === undefined) return Object.keys(AccessLanguage.shape);
  if (section === 'fourEyes') return Object.keys(FourEyesLanguage.shape);
  if (section === 'purposes') return place.length === 2 ? Object.keys(PurposeLanguage.shape) : [];
  if (section !== 'roles') return [];
  if (place.length === 2) return Object.keys(RoleLanguage.shape);
  if (allow !== 'allow') return [];
  if (place.length === 4) return Object.keys(RuleLanguage.shape);
  if (part === 'hours') return Object.keys(HoursLanguage.shape);
  return part === 'quota' ? Object.keys(QuotaLanguage.shape) : [];
}
