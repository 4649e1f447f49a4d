import { parsePolicy } from '@sealstream/policy';
import { describe, expect, test } from 'vitest';
import { Health } from '../src/health.ts';
import { ConfigError, openServiceSchemas, readConfig, REGISTRY_SETTINGS } from '../src/index.ts';
import { SchemaFindings } from '../src/schema-findings.ts';

const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const policyOf = (format: string) =>
  parsePolicy(
    `version: 1
datasets:
  d: { revision: 1, format: ${format}, unknownFields: drop, fields: { /a: { type: string } } }
`,
    'p.yaml',
  );

function open(format: string, env: Record<string, string> = {}) {
  const config = { ...readConfig(REGISTRY_SETTINGS, env), startWaitMs: 0 } as never;
  const service = {
    audit: { note: quiet },
    config,
    policy: policyOf(format),
    telemetry: { logger, health: new Health() },
  };
  return openServiceSchemas('mask', service as never);
}

async function problemOf(opening: Promise<unknown>): Promise<string> {
  const error = await opening.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).message;
}

describe('the schema registry of a service', () => {
  test('is not needed for JSON', async () => {
    const schemas = await open('json');
    expect(schemas.check(policyOf('json').datasets.get('d') as never).schemas).toBeUndefined();
  });

  test('must be named when a dataset has another format', async () => {
    const said = await problemOf(open('avro'));
    expect(said).toContain('SCHEMA_REGISTRY_URL is missing: dataset d has format: avro');
  });

  test.each([
    ['a password in its address', { SCHEMA_REGISTRY_URL: 'http://me:canary@127.0.0.1/' }],
    ['another protocol', { SCHEMA_REGISTRY_URL: 'ftp://127.0.0.1/canary' }],
    [
      'a user without a password',
      {
        SCHEMA_REGISTRY_URL: 'http://127.0.0.1/',
        SEALSTREAM_SCHEMA_REGISTRY_USERNAME: 'canary',
      },
    ],
    [
      'authorities for an address without TLS',
      {
        SCHEMA_REGISTRY_URL: 'http://127.0.0.1/',
        SEALSTREAM_SCHEMA_REGISTRY_TLS_CA_FILE: '/canary.crt',
      },
    ],
  ])('with %s is a problem of the settings, which is not repeated', async (_, env) => {
    expect(await problemOf(open('avro', env))).not.toContain('canary');
  });

  test.each([
    ['a file that is not there', 'nowhere.crt', 'FILE_UNREADABLE'],
    ['a file that holds none', import.meta.filename, 'CERTIFICATE_INVALID'],
  ])('with %s for its authorities is an error at the start', async (_, file, code) => {
    const opening = open('avro', {
      SCHEMA_REGISTRY_URL: 'https://127.0.0.1:1/',
      SEALSTREAM_SCHEMA_REGISTRY_TLS_CA_FILE: file,
    });
    await expect(opening).rejects.toMatchObject({ code });
  });

  test('that does not answer is waited for, and then told', async () => {
    const opening = open('avro', { SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1/' });
    await expect(opening).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });
});

describe('what was seen of a schema', () => {
  function told(finding: object) {
    const events: unknown[] = [];
    const lines: unknown[] = [];
    const hear = (fields: object) => lines.push(fields);
    const hearers = {
      audit: { note: (event: unknown) => events.push(event) },
      logger: { ...logger, info: hear, warn: hear },
    };
    const dataset = policyOf('json').datasets.get('d');
    new SchemaFindings('mask', hearers).tell(dataset as never, finding as never);
    return { events, lines };
  }

  test('is an audit event and a line of the log, with fields and what becomes of them', () => {
    const { events, lines } = told({ schemaId: 7, outputId: 8, unknown: ['/b'], problems: [] });
    const details = { schemaId: 7, outputId: 8, unknown: '/b', unknownFields: 'drop' };
    expect(events).toEqual([{ type: 'schema-met', dataset: 'd', details }]);
    expect(lines).toEqual([{ stage: 'mask', dataset: 'd', ...details }]);
  });

  test('has the problems by code and place, and stays short however many there are', () => {
    const problems = Array.from({ length: 1000 }, (_, n) => ({
      code: 'RECORD_WRONG_TYPE',
      path: `/field${n}`,
    }));
    const { events } = told({ schemaId: 7, unknown: [], problems });
    const [{ details }] = events as [{ details: Record<string, string> }];
    expect(details['problems']).toMatch(/^RECORD_WRONG_TYPE \/field0, RECORD_WRONG_TYPE/);
    expect(details['problems']?.length).toBeLessThan(600);
    expect(details['code']).toBe('RECORD_WRONG_TYPE');
  });
});
