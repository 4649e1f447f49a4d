import { createServer, type Server } from 'node:http';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../stack/paths.ts';
import { ACCEPTED_ADVISORIES, type AcceptedAdvisory } from '../supply-chain/accepted-advisories.ts';
import { advisoriesIn, findings, wrongAcceptances } from '../supply-chain/advisories.ts';
import { audit } from '../supply-chain/audit.ts';
import { sbom } from '../supply-chain/sbom.ts';

const TODAY = new Date('2027-01-10T12:00:00Z');
const ACCEPTED: AcceptedAdvisory = {
  id: 'GHSA-aaaa-bbbb-cccc',
  package: 'jose',
  reason: 'The part of it that is weak is never called here.',
  expires: '2027-03-01',
};

describe('the bill of materials', () => {
  let bom: {
    readonly specVersion: string;
    readonly components: readonly { purl?: string; licenses?: unknown; version?: unknown }[];
  };
  beforeAll(async () => {
    bom = JSON.parse(await sbom()) as typeof bom;
  }, 120_000);

  const validated = (text: string) =>
    new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);

  test('is valid by the schema of CycloneDX 1.6', async () => {
    expect(bom.specVersion).toBe('1.6');
    expect(await validated(JSON.stringify(bom))).toBeNull();
    const [first] = bom.components;
    const planted = { ...bom, components: [{ ...first, version: 5 }] };
    expect(await validated(JSON.stringify(planted))).not.toBeNull();
  });

  test('names what we depend on in production, and nothing of development', () => {
    const { catalog } = parse(readFileSync(join(ROOT, 'pnpm-workspace.yaml'), 'utf8')) as {
      catalog: Record<string, string>;
    };
    const purls = bom.components.map(({ purl }) => purl);
    for (const name of ['kafkajs', 'sodium-native', 'openid-client', 'zod', 'pkcs11js'])
      expect(purls.some((purl) => purl?.startsWith(`pkg:npm/${name}@${catalog[name]}`))).toBe(true);
    for (const name of ['vitest', 'oxlint', 'fast-check'])
      expect(purls.some((purl) => purl?.startsWith(`pkg:npm/${name}@`))).toBe(false);
  });

  test('says the licence of all that is installed, and lists other platforms, too', () => {
    const known = bom.components.filter(({ licenses }) => licenses !== undefined);
    expect(known.length).toBeGreaterThan(100);
    const purls = bom.components.map(({ purl = '' }) => purl);
    expect(purls.filter((purl) => /darwin|win32/.test(purl)).length).toBeGreaterThan(5);
  });
});

describe('the list of weaknesses that are accepted', () => {
  test('holds today', () => {
    expect(wrongAcceptances(ACCEPTED_ADVISORIES, new Date())).toEqual([]);
  });

  test.each<[string, Partial<AcceptedAdvisory>]>([
    ['whose time is over', { expires: '2027-01-10' }],
    ['for more than half a year', { expires: '2027-08-01' }],
    ['until no day', { expires: '2027-02-30x' }],
    ['without a reason', { reason: ' ' }],
    ['of no advisory', { id: 'CVE-2020-1' }],
  ])('has no entry %s', (_what, more) => {
    expect(wrongAcceptances([ACCEPTED], TODAY)).toEqual([]);
    expect(wrongAcceptances([{ ...ACCEPTED, ...more }], TODAY)).toHaveLength(1);
  });
});

describe('an advisory', () => {
  const one = { ...ACCEPTED, severity: 'high', title: 't', paths: [] };
  test('is a finding when it is high, critical or of no severity that we know', () => {
    for (const severity of ['high', 'critical', 'new-word'])
      expect(findings([{ ...one, severity }], [])).toHaveLength(1);
    for (const severity of ['info', 'low', 'moderate'])
      expect(findings([{ ...one, severity }], [])).toEqual([]);
  });

  test('is none when it is accepted for that package, and for that alone', () => {
    expect(findings([one], [ACCEPTED])).toEqual([]);
    expect(findings([{ ...one, package: 'zod' }], [ACCEPTED])).toHaveLength(1);
  });
});

describe("pnpm's report", () => {
  const report = (high: number) =>
    JSON.stringify({
      advisories: {},
      metadata: { vulnerabilities: { info: 0, low: 0, moderate: 0, high, critical: 0 } },
    });

  test('hides nothing: what its own settings leave out is a finding', () => {
    expect(advisoriesIn(report(0))).toEqual([]);
    const [hidden] = findings(advisoriesIn(report(1)) ?? [], [ACCEPTED]);
    expect(hidden).toContain('1 left out by auditConfig in pnpm-workspace.yaml');
  });

  test.each(['', 'null', '{}', '[]', '{"error":{}}', '{"advisories":5}'])('is not %j', (text) => {
    expect(advisoriesIn(text)).toBeUndefined();
  });
});

describe('an audit', () => {
  let planted: object;
  let server: Server;
  let registry: string[];
  beforeAll(async () => {
    // The place where a weakness is planted that no package has: pnpm asks here instead.
    server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(planted));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    registry = ['--registry', `http://127.0.0.1:${address.port}/`];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('passes without a finding, and fails when one is planted, until it is accepted', async () => {
    planted = {};
    expect((await audit([], TODAY, registry)).code).toBe(0);
    const url = `https://github.com/advisories/${ACCEPTED.id}`;
    const weakness = { id: 1, url, title: 'planted', vulnerable_versions: '<99.0.0', cwe: [] };
    planted = {
      jose: [{ ...weakness, severity: 'high', cvss: { score: 7.5, vectorString: null } }],
    };
    const found = await audit([], TODAY, registry);
    expect(found.code).toBe(1);
    expect(found.lines[0]).toMatch(/^high jose GHSA-aaaa-bbbb-cccc: planted/);
    expect((await audit([ACCEPTED], TODAY, registry)).code).toBe(0);
    const over = new Date('2027-03-01T00:00:00Z');
    expect((await audit([ACCEPTED], over, registry)).code).toBe(1);
  }, 120_000);

  test('says that nothing was checked when nobody answers, and that is not passed', async () => {
    const nobody = ['--registry', 'http://127.0.0.1:1/', '--config.fetch-retries=0'];
    const outcome = await audit([], TODAY, nobody);
    expect(outcome.code).toBe(3);
    expect(outcome.lines.at(-1)).toMatch(/^NOT CHECKED: /);
  }, 120_000);
});
