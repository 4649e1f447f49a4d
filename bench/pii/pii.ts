import { PII_CLASS_NAMES, type PiiClass, PiiScanner } from '@sealstream/pii';
import type { Asked, Bench } from '../ground/bench.ts';
import { cpuMicros } from '../ground/cpu-time.ts';
import { type Goal, lineOf } from '../ground/lines.ts';
import type { Report } from '../ground/report.ts';
import { CLASSES_OF, type LabelledText, PARTS, readLabelled } from './labelled-texts.ts';
import { PLAIN_CLASSES, plainCount, plainMatches } from './plain-regexes.ts';
import { type Counts, sumOf, tallyOf } from './tally.ts';
import { cutTexts, inventedTexts } from './texts.ts';

const CHARACTERS = 250;
const INVENTED = 1000;
const AGAINST = 'six plain regular expressions';

/** What is asked of each type that form and check decide. */
const GOALS: Readonly<Record<string, { readonly recall: Goal; readonly precision: Goal }>> = {
  ...Object.fromEntries(
    ['PHONE_NUMBER', 'US_SSN', 'IP_ADDRESS', 'DOMAIN_NAME', 'DATE_TIME', 'ZIP_CODE'].map((type) => [
      type,
      { recall: '>= 0.97', precision: '>= 0.95' } as const,
    ]),
  ),
  ...Object.fromEntries(
    ['CREDIT_CARD', 'IBAN_CODE', 'EMAIL_ADDRESS'].map((type) => [
      type,
      { recall: '>= 0.99', precision: '>= 0.99' } as const,
    ]),
  ),
};

export const PII: Bench = {
  name: 'pii',
  summary: 'finding personal data in free text: what is found, and how fast, on one core',
  about: [
    'With --data, recall, precision and F1 of each class on labelled texts: a hit has the same class',
    'and covers with the label at least half of what both cover; with "exact" the same offsets.',
    'The reference is six plain regular expressions in the same process; it starts no servers.',
  ],
  options: {
    data: { takes: 'FILE', meaning: "labelled texts in the structure of Presidio's synth_dataset" },
    part: {
      takes: 'WHICH',
      default: 'all',
      meaning: 'documents by index from 0 on: even, odd or all',
    },
    calls: { takes: 'N', default: '20000', meaning: 'texts in one round of the times' },
  },
  examples: ['', '--data train.json --json', '--data train.json --part odd'],
  run: (asked, report) => {
    const calls = asked.whole('calls', 100, 10_000_000);
    const labelled = labelledOf(asked);
    if (labelled !== undefined) quality(labelled, report);
    const cut = cutTexts(labelled?.map(({ bytes }) => bytes.toString()) ?? [], CHARACTERS);
    const texts = cut.length > 0 ? cut : inventedTexts(INVENTED, CHARACTERS);
    speed(texts, calls, report);
    return Promise.resolve();
  },
};

function labelledOf(asked: Asked): LabelledText[] | undefined {
  const parts = asked.words('part', PARTS);
  return asked.has('data') ? readLabelled(asked.text('data'), parts) : undefined;
}

function quality(texts: readonly LabelledText[], report: Report): void {
  const scanner = new PiiScanner({ classes: PII_CLASS_NAMES });
  const own = tallyOf(texts, (bytes) => scanner.scan(bytes).objects());
  const plain = tallyOf(texts, (bytes) =>
    // As if each byte were a character: only ASCII is matched, so offsets stay those of bytes.
    plainMatches(bytes.toString('latin1')),
  );
  for (const [type, counts] of own) {
    const isPlain = CLASSES_OF[type]?.some((name: PiiClass) => PLAIN_CLASSES.includes(name));
    sayCounts(report, nameOf(type), counts, isPlain ? plain.get(type) : undefined, GOALS[type]);
  }
  const decided = [...own].filter(([type]) => type in GOALS).map(([, counts]) => counts);
  sayCounts(report, 'all that form decides', sumOf(decided), undefined);
  sayCounts(report, 'all', sumOf([...own.values()]), undefined);
}

const nameOf = (type: string) => (CLASSES_OF[type] ?? [type]).join(', ');

function sayCounts(
  report: Report,
  what: string,
  counts: Counts,
  plain: Counts | undefined,
  goals?: { readonly recall: Goal; readonly precision: Goal },
): void {
  const { exact, found, hits, labels, parts } = counts;
  const shared = { against: plain === undefined ? 'nothing' : AGAINST, places: 3, unit: 'share' };
  const line = (figure: 'recall' | 'precision' | 'f1', goal?: Goal) =>
    lineOf({
      ...shared,
      what: `${what}: ${figure}`,
      figure: counts[figure],
      reference: plain === undefined ? null : plain[figure],
      goal,
      with: { labels, found, hits, exact, ...(parts > 0 ? { parts } : {}) },
    });
  report.lines([line('recall', goals?.recall), line('precision', goals?.precision), line('f1')]);
}

/** Texts a second on one core, from their bytes to the columns of findings. */
function speed(texts: readonly string[], calls: number, report: Report): void {
  const bytes = texts.map((text) => Buffer.from(text));
  const plain = cpuMicros(
    Math.ceil(calls / 10),
    (call) => void plainCount(texts[call % texts.length]),
  );
  const scanners = [
    ['texts, by form', new PiiScanner(), '>= 300000'],
    ['texts, names and streets too', new PiiScanner({ classes: PII_CLASS_NAMES }), undefined],
  ] as const;
  for (const [what, scanner, goal] of scanners) {
    const own = cpuMicros(calls, (call) => void scanner.scan(bytes[call % bytes.length]));
    report.lines([
      lineOf({
        what,
        figure: 1e6 / own,
        reference: 1e6 / plain,
        unit: 'texts/s',
        against: AGAINST,
        places: 0,
        goal,
        with: { characters: CHARACTERS, calls },
      }),
    ]);
  }
}
