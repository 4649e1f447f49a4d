import { SERVICE_PURPOSES, SERVICES } from '@sealstream/contracts';
import type { Setting } from '@sealstream/service';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { settingsTables } from '../../tools/pages/settings-pages.ts';
import { read, services } from './checkout.ts';
import { composeErrors, openPorts, parseCompose, softSpots } from './rules/compose.ts';

const compose = parseCompose(read('docker-compose.yml'));
const tables = await settingsTables();
const ours = SERVICES.map((name) => {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no ${name}`);
  return { name, service, environment: service.environment ?? {} };
});
const settingsOf = (name: string): Setting[] => Object.values(tables.get(name) ?? {});

describe('docker-compose.yml', () => {
  test('is valid by the schema of the Compose specification', () => {
    expect(composeErrors(compose)).toEqual([]);
    const planted = structuredClone(compose) as { services: Record<string, object> };
    planted.services['mask'] = { ...planted.services['mask'], restarts: 'always' };
    expect(composeErrors(planted).length).toBeGreaterThan(0);
  });

  test('has exactly our services beside the servers and the watchers', () => {
    const others = ['grafana', 'kafka', 'prometheus', 'redis'];
    const named = Object.keys(compose.services).filter((name) => !others.includes(name));
    expect(named.map((name) => `services/${name}`).sort()).toEqual(
      services.map(({ name }) => name).sort(),
    );
  });

  test('publishes ports on 127.0.0.1 only', () => {
    expect(openPorts(compose)).toEqual([]);
    const planted = parseCompose('services: { x: { ports: ["9092:9092"] } }');
    expect(openPorts(planted)).toEqual(['x: 9092:9092']);
  });

  test('runs Kafka in the version of the local stack', () => {
    const version = /<kafka.version>(.*)</.exec(read('deploy/local/pom.xml'))?.[1];
    expect(compose.services['kafka']?.image).toBe(`apache/kafka:${version}`);
  });

  test.each(ours)('hardens $name', ({ service }) => {
    expect(softSpots(service)).toEqual([]);
    const { read_only: _, ...open } = service;
    expect(softSpots(open)).toEqual(['a root that can be written']);
    expect(softSpots({ ...service, user: 'root' })).toEqual(['runs as root']);
  });

  test.each(ours)('gives $name its own port, in the container and on 127.0.0.1', (one) => {
    const port = settingsOf(one.name).find(({ env }) => env === 'SEALSTREAM_HTTP_PORT')?.default;
    expect(String(one.environment['SEALSTREAM_HTTP_PORT'])).toBe(port);
    const open = settingsOf(one.name).find(({ env }) => env === 'SEALSTREAM_ACCESS_PORT')?.default;
    const ports = open === undefined ? [port] : [port, open];
    expect(one.service.ports).toEqual(ports.map((each) => `127.0.0.1:${each}:${each}`));
  });

  test.each(ours)('gives $name only settings that it has, and all that it needs', (one) => {
    const settings = settingsOf(one.name);
    const known = settings.flatMap(({ env }) => [env, `${env}_FILE`]);
    const given = Object.keys(one.environment);
    expect(given.filter((name) => !known.includes(name))).toEqual([]);
    const needed = settings.filter((it) => it.default === undefined && it.optional !== true);
    const isGiven = (name: string) => given.includes(name) || given.includes(`${name}_FILE`);
    expect(needed.map(({ env }) => env).filter((name) => !isGiven(name))).toEqual([]);
  });

  test.each(ours)('shows $name the key files of its own purposes and no other', (one) => {
    const keys = SERVICE_PURPOSES[one.name].map((purpose) => `${purpose}.key`);
    const own = keys.length > 0 ? [...keys, 'signer.pub'] : [];
    const others: Readonly<Record<string, readonly string[]>> = {
      audit: ['audit.key', 'audit.vkey'],
      access: ['access.secret', 'access.crt', 'access.pem', 'audit.vkey'],
    };
    const extra = others[one.name] ?? [];
    const secrets = one.service.secrets ?? [];
    expect(secrets.map(({ target }) => target).sort()).toEqual([...own, ...extra].sort());
    for (const { source, target } of secrets)
      expect(compose.secrets[source]?.file.endsWith(`/${target}`)).toBe(true);
  });

  test.each(ours)('lets $name reach Redis only when it holds keys', ({ name, service }) => {
    expect(service.networks.includes('keyring')).toBe(SERVICE_PURPOSES[name].length > 0);
    expect(compose.networks['keyring']?.internal).toBe(true);
    expect(compose.services['redis']?.networks).not.toContain('metrics');
  });
});

describe('the Dockerfile', () => {
  const text = read('deploy/docker/Dockerfile');

  test('lays out exactly our services', () => {
    const listed = /for service in ([^;]*);/.exec(text)?.[1]?.trim().split(/\s+/);
    expect(listed).toEqual([...SERVICES]);
  });

  test('runs the pinned Node, and not as root', () => {
    const { catalog } = parse(read('pnpm-workspace.yaml')) as { catalog: Record<string, string> };
    const images = Array.from(text.matchAll(/^FROM (\S+)/gm), ([, image]) => image);
    expect(images).toEqual(Array(2).fill(`node:${catalog['node']}-slim`));
    expect(Array.from(text.matchAll(/^USER (\S+)/gm), ([, user]) => user)).toEqual(['node']);
  });

  test('takes the version of pnpm from where it stands', () => {
    expect(text).toContain(String.raw`sed -n "s/^const PNPM = '\(.*\)';$/\1/p" tools/start.mjs`);
    expect(read('tools/start.mjs')).toMatch(/^const PNPM = 'pnpm@\d+\.\d+\.\d+';$/m);
  });

  test('is built without keys, data or what was installed on the host', () => {
    const ignored = read('.dockerignore').split('\n');
    expect(ignored).toEqual(
      expect.arrayContaining(['.sealstream', '**/*.key', '**/*.pem', '**/node_modules', '.git']),
    );
  });
});
