import { readFileSync } from 'node:fs';

import { SealstreamError } from '@sealstream/contracts';

import { nearName } from './near-name.ts';
import {
  type Config,
  FormError,
  isSecret,
  parseSetting,
  type Setting,
  type SettingsTable,
  type SettingValue,
} from './setting.ts';

/** What is wrong with one setting; never repeats the value that was given. */
export interface SettingProblem {
  readonly setting: string;
  readonly problem: string;
}

/** All problems of a configuration at once, code CONFIG_INVALID. */
export class ConfigError extends SealstreamError {
  readonly problems: readonly SettingProblem[];

  constructor(problems: readonly SettingProblem[]) {
    const lines = problems.map(({ setting, problem }) => `\n  ${setting} ${problem}`);
    super('CONFIG_INVALID', { problems: problems.length }, lines.join(''));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Settings of ours all begin so; the few others (KAFKA_BROKERS, REDIS_URL) are known by name. */
const PREFIX = 'SEALSTREAM_';

/**
 * Reads the settings of a program once.
 *
 * Promises: the result is frozen; every problem is found in one go; a variable that begins with
 * SEALSTREAM_ and is not in the table is a problem that suggests the near name; an empty variable
 * counts as absent; a secret comes from its variable or from the file that `<NAME>_FILE` names,
 * whose final line break is dropped, and giving both is a problem.
 *
 * @throws ConfigError
 */
export function readConfig<const T extends SettingsTable>(
  table: T,
  env: Readonly<Record<string, string | undefined>>,
): Config<T> {
  const problems = unknownSettings(table, env);
  const values: Record<string, SettingValue | undefined> = {};
  for (const [name, setting] of Object.entries<Setting>(table)) {
    try {
      values[name] = valueOf(setting, env);
    } catch (error) {
      if (!(error instanceof FormError)) throw error;
      problems.push({ setting: setting.env, problem: error.message });
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(values) as Config<T>;
}

type Environment = Readonly<Record<string, string | undefined>>;

function valueOf(setting: Setting, env: Environment): SettingValue | undefined {
  const text = textOf(setting, env) ?? setting.default;
  if (text !== undefined) return parseSetting(setting, text);
  if (setting.optional === true) return undefined;
  const meant = nearName(
    setting.env,
    Object.keys(env).filter((name) => !name.startsWith(PREFIX)),
  );
  const isTypo = meant !== undefined && !setting.env.startsWith(PREFIX);
  throw new FormError(`is missing${isTypo ? `; ${meant} is set: was that meant?` : ''}`);
}

function textOf(setting: Setting, env: Environment): string | undefined {
  const text = env[setting.env] === '' ? undefined : env[setting.env];
  const file = isSecret(setting) ? env[`${setting.env}_FILE`] : undefined;
  if (file === undefined || file === '') return text;
  if (text !== undefined) throw new FormError(`is given twice, also as ${setting.env}_FILE`);
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch {
    throw new FormError(`cannot be read from the file that ${setting.env}_FILE names`);
  }
}

function unknownSettings(table: SettingsTable, env: Environment): SettingProblem[] {
  const known = new Set<string>();
  for (const setting of Object.values(table)) {
    known.add(setting.env);
    if (isSecret(setting)) known.add(`${setting.env}_FILE`);
  }
  const unknown = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !known.has(name));
  return unknown.map((setting) => {
    const near = nearName(setting, known);
    const hint = near === undefined ? '' : `; the nearest that it has is ${near}`;
    return { setting, problem: `is no setting of this service${hint}` };
  });
}
