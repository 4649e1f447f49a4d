import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './free-ports.ts';
import { GuardedProcess } from './guarded-process.ts';
import { LEAN_JAVA } from './kafka.ts';
import {
  REALM,
  type RealmContents,
  realmContents,
  realmDocument,
  type RealmUser,
} from './keycloak-realm.ts';
import { javaCommand } from './local-servers.ts';
import { type MavenSource, mavenFolder } from './maven.ts';
import { OIDC_POM } from './paths.ts';
import { tailOf } from './readiness.ts';

/** Of a machine that is busy with other tests; alone it takes some ten seconds. */
const START_MS = 300_000;
const PREPARE_MS = 300_000;
const ANSWER_MS = 2_000;

/** PEM files with which it answers over TLS. */
export interface KeycloakTls {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** As much of what administrators are told as is used. */
interface Named {
  readonly id: string;
}

/** Keycloak on a JVM as its own script starts it, without the script: its end would leave Java behind. */
function javaArguments(home: string, temporary: string): string[] {
  const opened = ['java.util', 'java.util.concurrent', 'java.security', 'java.lang'];
  const factory = 'io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory';
  return [
    ...LEAN_JAVA,
    `-Dkc.home.dir=${home}`,
    `-Djava.io.tmpdir=${temporary}`,
    '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
    `-Djava.util.concurrent.ForkJoinPool.common.threadFactory=${factory}`,
    ...opened.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
    '-cp',
    join(home, 'lib', 'quarkus-run.jar'),
    'io.quarkus.bootstrap.runner.QuarkusEntryPoint',
  ];
}

function tlsArguments({ certificateFile, keyFile }: KeycloakTls, port: number): string[] {
  return [
    `--https-port=${port}`,
    `--https-certificate-file=${certificateFile}`,
    `--https-certificate-key-file=${keyFile}`,
  ];
}

/** The folder of the version in a folder that Maven filled. */
function homeIn(folder: string): string {
  const [name = ''] = readdirSync(join(folder, 'oidc'));
  return join(folder, 'oidc', name);
}

/** Builds it for its settings and makes its database: a minute once, instead of at each start. */
function prepare(folder: string): void {
  const home = homeIn(folder);
  const realm = join(folder, 'empty-realm.json');
  writeFileSync(realm, JSON.stringify({ realm: 'empty', enabled: false }));
  for (const args of [
    ['build', '--db=dev-file', '--health-enabled=false'],
    ['import', '--optimized', '--file', realm],
  ]) {
    const done = spawnSync(javaCommand(), [...javaArguments(home, folder), ...args], {
      encoding: 'utf8',
      cwd: home,
      timeout: PREPARE_MS,
    });
    if (done.status !== 0)
      throw new Error(`Keycloak's ${args[0] ?? ''} failed:\n${done.stdout.trim().slice(-2000)}`);
  }
}

const SOURCE: MavenSource = {
  pom: OIDC_POM,
  name: 'oidc',
  what: 'an OpenID provider, and preparing it, which takes a minute,',
  finish: prepare,
};

/**
 * Fetches and prepares Keycloak, once for each version of it: more than a test has time for.
 * Throws MissingTool.
 */
export async function keycloakHome(progress: (line: string) => void): Promise<string> {
  return homeIn(await mavenFolder(SOURCE, progress));
}

/**
 * Keycloak, an OpenID provider, on 127.0.0.1 alone, with one realm of its own. It ends with this
 * process, however that ends.
 */
export class Keycloak {
  readonly issuer: string;
  /** Who and what is known there, with passwords and secrets. */
  readonly contents: RealmContents;
  readonly #process: GuardedProcess;
  /** The realm without TLS, for whoever looks after it. */
  readonly #realm: string;

  private constructor(
    process: GuardedProcess,
    contents: RealmContents,
    { issuer, realm }: { readonly issuer: string; readonly realm: string },
  ) {
    this.#process = process;
    this.#realm = realm;
    this.issuer = issuer;
    this.contents = contents;
  }

  /**
   * `folder`: where it may write; its log is keycloak.log there. `redirectBase`, and behind it the id of
   * the client: where it sends browsers back to. With `tls` its issuer is one of https.
   */
  static async start(
    folder: string,
    redirectBase: string,
    progress: (line: string) => void,
    tls?: KeycloakTls,
  ): Promise<Keycloak> {
    const made = await keycloakHome(progress);
    const home = join(folder, 'keycloak');
    const contents = realmContents();
    mkdirSync(join(home, 'data', 'import'), { recursive: true, mode: 0o700 });
    for (const name of readdirSync(made))
      if (name !== 'data') symlinkSync(join(made, name), join(home, name));
    cpSync(join(made, 'data', 'h2'), join(home, 'data', 'h2'), { recursive: true });
    const document = JSON.stringify(realmDocument(contents, redirectBase));
    writeFileSync(join(home, 'data', 'import', `${REALM}.json`), document, { mode: 0o600 });
    const [port = 0, tlsPort = 0] = await freePorts(2);
    const log = join(folder, 'keycloak.log');
    const args = [
      ...javaArguments(home, folder),
      'start',
      '--optimized',
      '--import-realm',
      // Its default is a cluster, which listens on every address of the machine.
      '--cache=local',
      '--http-enabled=true',
      '--http-host=127.0.0.1',
      `--http-port=${port}`,
      '--hostname-strict=false',
      ...(tls === undefined ? [] : tlsArguments(tls, tlsPort)),
    ];
    const server = await GuardedProcess.start(javaCommand(), args, { cwd: home, log });
    const realm = `http://127.0.0.1:${port}/realms/${REALM}`;
    const issuer = tls === undefined ? realm : `https://127.0.0.1:${tlsPort}/realms/${REALM}`;
    const keycloak = new Keycloak(server, contents, { issuer, realm });
    for (const deadline = performance.now() + START_MS; ; await sleep(100)) {
      if (await keycloak.#answers()) break;
      if (performance.now() > deadline) {
        await keycloak.stop();
        const seconds = START_MS / 1000;
        throw new Error(
          `Keycloak did not start in ${seconds} s; its log ends:\n${tailOf(log, 15)}`,
        );
      }
    }
    // It is read, and holds passwords.
    rmSync(join(home, 'data', 'import'), { recursive: true });
    return keycloak;
  }

  /** Makes it hang, or go on: connections stand, and nobody answers. */
  hang(hangs: boolean): void {
    process.kill(this.#process.pid, hangs ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Gives somebody the role that they have in the realm, or takes it; the next token says so. */
  async setRole({ name, role }: RealmUser, has: boolean): Promise<void> {
    const found = (await this.#managed('GET', `roles/${role}`)) as Named;
    const path = `users/${await this.subjectOf(name)}/role-mappings/realm`;
    await this.#managed(has ? 'POST' : 'DELETE', path, [{ id: found.id, name: role }]);
  }

  /** What its tokens call somebody. */
  async subjectOf(name: string): Promise<string> {
    const [user] = (await this.#managed('GET', `users?exact=true&username=${name}`)) as Named[];
    return user?.id ?? '';
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  /** Asks the interface of administrators, as the client that may. */
  async #managed(method: string, path: string, body?: object): Promise<unknown> {
    const { id, secret } = this.contents.manager;
    const granted = await fetch(`${this.#realm}/protocol/openid-connect/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    const { access_token: token } = (await granted.json()) as { readonly access_token?: string };
    const base = this.#realm.replace('/realms/', '/admin/realms/');
    const answer = await fetch(`${base}/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`Keycloak's ${method} ${path} answers ${answer.status}`);
    const text = await answer.text();
    return text === '' ? undefined : JSON.parse(text);
  }

  async #answers(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      return (await fetch(`${this.#realm}/.well-known/openid-configuration`, { signal })).ok;
    } catch {
      return false;
    }
  }
}
