import { InvalidArgumentError, Option } from 'commander';

/** Options that several commands share, so that they read the same everywhere. */

export interface PolicyOptions {
  readonly policy?: string;
}

export interface DatasetOptions extends PolicyOptions {
  readonly dataset: string;
}

export interface KeyOptions {
  readonly keyDir?: string;
}

export function policyOption(): Option {
  return new Option(
    '-p, --policy <file>',
    'the policy (default: ./sealstream.yaml, else SEALSTREAM_POLICY_FILE)',
  );
}

export function datasetOption(): Option {
  return new Option('-d, --dataset <name>', 'a dataset of the policy').makeOptionMandatory();
}

/** For commands that act on all datasets unless one is named. */
export function oneDatasetOption(): Option {
  return new Option('-d, --dataset <name>', 'only this dataset of the policy (default: all)');
}

export function keyDirOption(): Option {
  return new Option(
    '--key-dir <dir>',
    'directory of the key files (default: SEALSTREAM_KEY_DIR, else .sealstream/keys)',
  );
}

/** Reads a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d{1,15}$/.test(text) || number < least)
      throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
    return number;
  };
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Reads a duration such as 500ms, 10s, 2m, 12h or 7d into milliseconds. */
export function durationMs(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = UNIT_MS[unit];
  if (factor === undefined)
    throw new InvalidArgumentError('It must be a duration such as 500ms, 10s, 2m, 12h or 7d.');
  return Number(digits) * factor;
}

/** Reads a point in time: RFC 3339, or so long ago (`2h`); into milliseconds since 1970. */
export function pointInTime(text: string): number {
  if (/^\d{1,9}(ms|s|m|h|d)$/.test(text)) return Date.now() - durationMs(text);
  const isDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const atMs = isDate ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs))
    throw new InvalidArgumentError(
      'It must be a time such as 2026-05-01T12:00:00Z, or how long ago, such as 2h.',
    );
  return atMs;
}
