import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { baseSettings, KEYRING_SETTINGS } from '../src/base-settings.ts';
import { ConfigError, readConfig, type SettingProblem } from '../src/settings.ts';
import type { SettingsTable } from '../src/setting.ts';

const TABLE = {
  brokers: { env: 'KAFKA_BROKERS', type: 'list', meaning: 'b' },
  port: { env: 'SEALSTREAM_PORT', type: 'port', default: '9400', meaning: 'p' },
  waitMs: { env: 'SEALSTREAM_WAIT', type: 'durationMs', default: '60s', min: 10, meaning: 'w' },
  sizeBytes: { env: 'SEALSTREAM_SIZE', type: 'bytes', default: '10MiB', meaning: 's' },
  token: { env: 'SEALSTREAM_TOKEN', type: 'secret', optional: true, meaning: 't' },
  level: {
    env: 'SEALSTREAM_LEVEL',
    type: 'string',
    choices: ['low', 'high'],
    default: 'low',
    meaning: 'l',
  },
  on: { env: 'SEALSTREAM_ON', type: 'boolean', default: 'false', meaning: 'o' },
  most: { env: 'SEALSTREAM_MOST', type: 'int', default: '3', max: 9, meaning: 'm' },
} as const satisfies SettingsTable;
const GOOD = { KAFKA_BROKERS: '127.0.0.1:9092' };

function problemsOf(table: SettingsTable, env: Record<string, string>): readonly SettingProblem[] {
  try {
    readConfig(table, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  test('gives defaults parsed and the result frozen', () => {
    const config = readConfig(TABLE, GOOD);
    expect(config).toEqual({
      brokers: ['127.0.0.1:9092'],
      port: 9400,
      waitMs: 60_000,
      sizeBytes: 10 * 1024 * 1024,
      token: undefined,
      level: 'low',
      on: false,
      most: 3,
    });
    expect(Object.isFrozen(config) && Object.isFrozen(config.brokers)).toBe(true);
  });

  test('tells every problem at once and repeats no value', () => {
    const canary = 'canary-3141592653';
    const problems = problemsOf(TABLE, {
      SEALSTREAM_PORT: canary,
      SEALSTREAM_WAIT: '60',
      SEALSTREAM_SIZE: canary,
      SEALSTREAM_LEVEL: canary,
      SEALSTREAM_ON: 'yes',
      SEALSTREAM_MOST: '10',
    });
    expect(problems.map(({ setting }) => setting).sort()).toEqual([
      'KAFKA_BROKERS',
      'SEALSTREAM_LEVEL',
      'SEALSTREAM_MOST',
      'SEALSTREAM_ON',
      'SEALSTREAM_PORT',
      'SEALSTREAM_SIZE',
      'SEALSTREAM_WAIT',
    ]);
    expect(JSON.stringify(problems)).not.toContain(canary);
    expect(new ConfigError(problems).message).not.toContain(canary);
  });

  test('an unknown SEALSTREAM_ setting is an error that suggests the near one', () => {
    expect(problemsOf(TABLE, { ...GOOD, SEALSTREAM_PROT: '1' })).toEqual([
      {
        setting: 'SEALSTREAM_PROT',
        problem: 'is no setting of this service; the nearest that it has is SEALSTREAM_PORT',
      },
    ]);
  });

  test('a missing broker list names the misspelt variable that is there', () => {
    const [problem] = problemsOf(TABLE, { KAFKA_BROKER: 'x' });
    expect(problem?.problem).toBe('is missing; KAFKA_BROKER is set: was that meant?');
  });

  test('other variables and empty ones do not matter', () => {
    expect(problemsOf(TABLE, { ...GOOD, PATH: '/bin', SEALSTREAM_PORT: '' })).toEqual([]);
  });

  test('a number without its unit is refused, so that nobody has to guess', () => {
    for (const text of ['60', '60 sec', 's', '-1s', '1.5s', '1e3ms', '0x10s'])
      expect(problemsOf(TABLE, { ...GOOD, SEALSTREAM_WAIT: text })).toHaveLength(1);
    expect(readConfig(TABLE, { ...GOOD, SEALSTREAM_WAIT: '5 m' }).waitMs).toBe(300_000);
  });

  test('no text makes readConfig throw anything but a ConfigError', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...Object.values(TABLE)), (text, setting) => {
        problemsOf(TABLE, { ...GOOD, [setting.env]: text });
      }),
    );
  });
});

describe('a secret', () => {
  test('comes from its variable or its file, and never prints', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'settings-')), 'token');
    writeFileSync(file, 'swordfish-123\n');
    const direct = readConfig(TABLE, { ...GOOD, SEALSTREAM_TOKEN: 'swordfish-123' }).token;
    const fromFile = readConfig(TABLE, { ...GOOD, SEALSTREAM_TOKEN_FILE: file }).token;
    for (const secret of [direct, fromFile]) {
      expect(secret?.reveal()).toBe('swordfish-123');
      expect(`${String(secret)} ${JSON.stringify(secret)} ${inspect(secret)}`).toBe(
        '[secret] "[secret]" [secret]',
      );
    }
  });

  test('given twice, or in a file that cannot be read, is a problem', () => {
    const twice = { ...GOOD, SEALSTREAM_TOKEN: 'a', SEALSTREAM_TOKEN_FILE: '/none' };
    expect(problemsOf(TABLE, twice)).toHaveLength(1);
    expect(problemsOf(TABLE, { ...GOOD, SEALSTREAM_TOKEN_FILE: '/none' })).toHaveLength(1);
  });

  test('a setting that is no secret has no _FILE form', () => {
    expect(problemsOf(TABLE, { ...GOOD, SEALSTREAM_PORT_FILE: '/none' })).toHaveLength(1);
  });
});

describe('the settings that services share', () => {
  test('every default parses', () => {
    const config = readConfig(
      { ...baseSettings('mask'), ...KEYRING_SETTINGS },
      {
        KAFKA_BROKERS: 'a:1,b:2',
        REDIS_URL: 'redis://user:pass@127.0.0.1:6379',
        SEALSTREAM_POLICY_FILE: 'p.yaml',
        SEALSTREAM_KEY_DIR: 'keys',
        SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: 's.pub',
      },
    );
    expect(config.httpPort).toBe(9402);
    expect(config.httpHost).toBe('127.0.0.1');
    expect(config.startWaitMs).toBe(60_000);
    expect(JSON.stringify(config)).not.toContain('pass');
  });
});
