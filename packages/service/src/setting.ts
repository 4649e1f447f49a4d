import { Secret } from './secret.ts';

/**
 * The forms a setting can take.
 *
 * durationMs and bytes are written with their unit (`500ms`, `10s`, `5m`, `2h`, `7d`; `64KiB`,
 * `10MiB`), so that nobody has to guess what a bare number means; they are parsed to milliseconds
 * and bytes. list is comma-separated. A secret, or any setting with `secret: true`, may also be
 * given as the path of a file in `<NAME>_FILE`.
 */
export type SettingType =
  | 'port'
  | 'int'
  | 'durationMs'
  | 'bytes'
  | 'string'
  | 'path'
  | 'boolean'
  | 'list'
  | 'url'
  | 'secret';

/** One setting as data: the parser, the README table and the error texts are made from it. */
export interface Setting {
  /** Name of the environment variable. */
  readonly env: string;
  readonly type: SettingType;
  /** What the number counts, or the form of the text; shown in the table. */
  readonly unit?: string;
  /** As one would write it in the environment. */
  readonly default?: string;
  /** Without a default: true when it may be left out. Otherwise it must be given. */
  readonly optional?: true;
  /** The value is kept as a Secret and may come from `<NAME>_FILE`. */
  readonly secret?: true;
  /** The only texts allowed. */
  readonly choices?: readonly string[];
  /** Least and greatest value of an int, durationMs or bytes. */
  readonly min?: number;
  readonly max?: number;
  readonly meaning: string;
}

/** Settings of a program by the name that its code uses. */
export type SettingsTable = Readonly<Record<string, Setting>>;

type Plain<S extends Setting> = S extends { type: 'secret' } | { secret: true }
  ? Secret
  : S['type'] extends 'port' | 'int' | 'durationMs' | 'bytes'
    ? number
    : S['type'] extends 'boolean'
      ? boolean
      : S['type'] extends 'list'
        ? readonly string[]
        : string;

/** What readConfig gives for a table: one frozen property per setting. */
export type Config<T extends SettingsTable> = {
  readonly [K in keyof T]: T[K] extends { optional: true } ? Plain<T[K]> | undefined : Plain<T[K]>;
};

export type SettingValue = string | number | boolean | readonly string[] | Secret;

/** Whether the value is kept out of sight and may come from a file. */
export function isSecret(setting: Setting): boolean {
  return setting.type === 'secret' || setting.secret === true;
}

const DURATION_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Thrown by parseSetting: says what form is expected and never repeats what was given. */
export class FormError extends Error {}

/**
 * Reads one setting from text.
 *
 * @throws FormError with the expected form, without the value
 */
export function parseSetting(setting: Setting, text: string): SettingValue {
  const value = parsePlain(setting, text);
  if (typeof value === 'number') checkRange(setting, value);
  if (setting.choices !== undefined && !setting.choices.includes(text))
    throw new FormError(`must be one of ${setting.choices.join(', ')}`);
  return isSecret(setting) ? new Secret(text) : value;
}

function parsePlain(setting: Setting, text: string): string | number | boolean | readonly string[] {
  switch (setting.type) {
    case 'port':
      return whole(text, 'a port from 0 to 65535', 65_535);
    case 'int':
      return whole(text, 'a whole number', Number.MAX_SAFE_INTEGER);
    case 'durationMs':
      return withUnit(text, DURATION_MS, 'a duration such as 500ms, 10s, 5m, 2h or 7d');
    case 'bytes':
      return withUnit(text, BYTES, 'a size such as 512B, 64KiB or 10MiB');
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw new FormError('must be true or false');
      return text === 'true';
    case 'list':
      return list(text);
    case 'url':
      if (!URL.canParse(text)) throw new FormError('must be a URL');
      break;
    case 'string':
    case 'path':
    case 'secret':
      break;
  }
  return text;
}

function whole(text: string, form: string, most: number): number {
  if (!/^\d{1,16}$/.test(text) || Number(text) > most) throw new FormError(`must be ${form}`);
  return Number(text);
}

function withUnit(text: string, units: Readonly<Record<string, number>>, form: string): number {
  const [, digits, unit] = /^(\d{1,9}) ?([A-Za-z]+)$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units[unit];
  if (digits === undefined || factor === undefined) throw new FormError(`must be ${form}`);
  return Number(digits) * factor;
}

function list(text: string): readonly string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.includes('')) throw new FormError('must be a comma-separated list without gaps');
  return Object.freeze(parts);
}

function checkRange({ min, max }: Setting, value: number): void {
  if (min !== undefined && value < min) throw new FormError(`must be at least ${min}`);
  if (max !== undefined && value > max) throw new FormError(`must be at most ${max}`);
}
