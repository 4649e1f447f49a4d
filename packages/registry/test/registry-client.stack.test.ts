import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { codeOf } from '../../keyring/test/keyring-fixture.ts';
import { openRegistry, type RegistryClient } from '../src/index.ts';
import { type LocalRegistry, startRegistry } from './registry-fixture.ts';

let local: LocalRegistry;
let client: RegistryClient;

beforeAll(async () => {
  local = await startRegistry();
  client = openRegistry({ url: local.url, timeoutMs: 2_000, unknownMs: 50 });
});
afterEach(() => local.line.mend());
afterAll(() => local.close());

const record = (...fields: object[]) => JSON.stringify({ type: 'record', name: 'Person', fields });
const SSN = { name: 'ssn', type: 'string', doc: 'whose', 'confluent:tags': ['PII'] };

const JSON_SCHEMA = JSON.stringify({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: { ssn: { type: 'string', 'confluent:tags': ['PII'] } },
});
const PROTO = 'syntax = "proto3";\n\nmessage Person {\n  string ssn = 1;\n}\n';

describe('a schema of a real registry', () => {
  test.each([
    ['AVRO', record(SSN)],
    ['JSON', JSON_SCHEMA],
    ['PROTOBUF', PROTO],
  ] as const)('comes back as %s, with every byte of its text', async (type, text) => {
    const id = await client.register(`text-${type}`, type, text);
    expect(await client.schema(id)).toEqual({ id, type, text, references: [] });
  });

  test('is found again when it is registered again', async () => {
    const text = record(SSN);
    const id = await client.register('again', 'AVRO', text);
    expect(await client.register('again', 'AVRO', text)).toBe(id);
  });

  test('can be used by the client that others use', async () => {
    const id = await client.register('others', 'AVRO', record(SSN));
    const other = new SchemaRegistry({ host: local.url });
    const bytes = await other.encode(id, { ssn: '123-45-6789' });
    expect(bytes.subarray(0, 5)).toEqual(Buffer.from([0, 0, 0, 0, id]));
  });

  test('comes with all that it is built on, each behind what it is built on itself', async () => {
    const city = JSON.stringify({
      type: 'record',
      name: 'City',
      namespace: 'geo',
      fields: [{ name: 'name', type: 'string' }],
    });
    const address = JSON.stringify({
      type: 'record',
      name: 'Address',
      namespace: 'geo',
      fields: [{ name: 'city', type: 'geo.City' }],
    });
    const person = record({ name: 'home', type: 'geo.Address' });
    const at = (name: string, subject: string) => ({ name, subject, version: 1 });
    const geoCity = at('geo.City', 'city');
    const geoAddress = at('geo.Address', 'address');
    const post = (subject: string, schema: string, references: object[]) =>
      local.ask('POST', `/subjects/${subject}/versions`, { schema, references });
    await post('city', city, []);
    await post('address', address, [geoCity]);
    const { answer } = await post('resident', person, [geoAddress, geoCity]);
    const { references } = await client.schema((answer as { id: number }).id);
    expect(references).toEqual([
      { name: 'geo.City', text: city },
      { name: 'geo.Address', text: address },
    ]);
  });
});

describe('compatibility', () => {
  test('a change that readers cannot take is SCHEMA_INCOMPATIBLE, and names the subject', async () => {
    await client.register('evolves', 'AVRO', record(SSN));
    const changed = record(SSN, { name: 'age', type: 'int' });
    await expect(client.register('evolves', 'AVRO', changed)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPATIBLE',
      place: { subject: 'evolves' },
      retryable: false,
    });
    const fine = record(SSN, { name: 'age', type: 'int', default: 0 });
    expect(await client.register('evolves', 'AVRO', fine)).toBeGreaterThan(0);
  });

  test('a level that somebody gave a subject stays', async () => {
    await client.register('lenient', 'AVRO', record(SSN));
    await local.ask('PUT', '/config/lenient', { compatibility: 'NONE' });
    await client.register('lenient', 'AVRO', record({ name: 'other', type: 'int' }));
    const { answer } = await local.ask('GET', '/config/lenient');
    expect(answer).toEqual({ compatibilityLevel: 'NONE' });
  });

  test('a new subject gets BACKWARD', async () => {
    await client.register('fresh', 'AVRO', record(SSN));
    const { answer } = await local.ask('GET', '/config/fresh');
    expect(answer).toEqual({ compatibilityLevel: 'BACKWARD' });
  });

  test('what is no schema is SCHEMA_UNREADABLE, and no word of it is told', async () => {
    const bad = record({ name: 'a', type: 'canary-7f3a' });
    const error = await client.register('bad', 'AVRO', bad).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SCHEMA_UNREADABLE' });
    expect(String(error)).not.toContain('canary');
  });
});

describe('an id that the registry does not have', () => {
  test('is SCHEMA_UNKNOWN, and is not asked for again at once', async () => {
    const id = 987_654;
    expect(await codeOf(() => client.schema(id))).toBe('SCHEMA_UNKNOWN');
    local.line.cut();
    expect(await codeOf(() => client.schema(id))).toBe('SCHEMA_UNKNOWN');
    await new Promise((done) => setTimeout(done, 60));
    expect(await codeOf(() => client.schema(id))).toBe('REGISTRY_UNREACHABLE');
  });

  test.each([0, -1, 1.5, 2 ** 31, Number.NaN])('%s is none, without asking', async (id) => {
    local.line.cut();
    expect(await codeOf(() => client.schema(id))).toBe('SCHEMA_UNKNOWN');
  });
});

describe('a registry that is away', () => {
  test('is REGISTRY_UNREACHABLE; what is known is still there, and the same client goes on', async () => {
    const id = await client.register('away', 'AVRO', record(SSN));
    const { text } = await client.schema(id);
    const other = await client.register('away-2', 'AVRO', record({ name: 'b', type: 'int' }));
    local.line.cut();
    expect((await client.schema(id)).text).toBe(text);
    expect(await codeOf(() => client.schema(other))).toBe('REGISTRY_UNREACHABLE');
    expect(await codeOf(() => client.register('x', 'AVRO', text))).toBe('REGISTRY_UNREACHABLE');
    local.line.mend();
    expect((await client.schema(other)).id).toBe(other);
  });

  test('lost between two requests of one registration is REGISTRY_UNREACHABLE', async () => {
    local.line.cutAfter(1);
    const lost = await codeOf(() => client.register('lost', 'AVRO', record(SSN)));
    local.line.cutAfter(Number.POSITIVE_INFINITY);
    expect(lost).toBe('REGISTRY_UNREACHABLE');
  });

  test('hangs for no longer than the timeout', async () => {
    const id = await client.register('hangs', 'AVRO', record({ name: 'c', type: 'int' }));
    const begun = performance.now();
    local.apicurio.hang(true);
    try {
      expect(await codeOf(() => client.schema(id))).toBe('REGISTRY_UNREACHABLE');
    } finally {
      local.apicurio.hang(false);
    }
    expect(performance.now() - begun).toBeLessThan(4_000);
    expect((await client.schema(id)).id).toBe(id);
  });
});

describe('an answer of something else', () => {
  test('a 404 that is not the registry own word is REGISTRY_REFUSED, so no record is blamed', async () => {
    const wrong = openRegistry({ url: `${new URL(local.url).origin}/apis/nothing` });
    expect(await codeOf(() => wrong.schema(1))).toBe('REGISTRY_REFUSED');
  });

  test.each([
    [200, 'a page', '<html>', 'REGISTRY_REFUSED'],
    [200, 'no text of a schema', '{"schema":7}', 'REGISTRY_REFUSED'],
    [200, 'null', 'null', 'REGISTRY_REFUSED'],
    [200, 'too much', `{"schema":"${'x'.repeat(5 << 20)}"}`, 'SCHEMA_UNREADABLE'],
    [401, 'who are you', '{"error_code":401}', 'REGISTRY_REFUSED'],
    [429, 'nothing', '', 'REGISTRY_UNREACHABLE'],
    [503, 'nothing', '', 'REGISTRY_UNREACHABLE'],
  ])('of status %i that says %s', async (status, _says, body, code) => {
    const server = createServer((_, response) => response.writeHead(status).end(body));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const odd = openRegistry({ url: `http://127.0.0.1:${port}` });
    expect(await codeOf(() => odd.schema(1))).toBe(code);
    const registered = await codeOf(() => odd.register('s', 'AVRO', record(SSN)));
    expect(registered).toMatch(/^REGISTRY_(REFUSED|UNREACHABLE)$|^SCHEMA_UNREADABLE$/);
    server.closeAllConnections();
    server.close();
  });
});
