import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { opensslProgram } from '../../../tools/stack/openssl.ts';
import { type Command, given, OwnRedis } from './redis-fixture.ts';

const DEPLOY = join(import.meta.dirname, '../../../deploy/redis');

/** The users of deploy/redis/users.acl, and one that may do everything, for the test itself. */
export type RedisUser =
  | 'ingest'
  | 'mask'
  | 'mask-write'
  | 'encrypt'
  | 'encrypt-write'
  | 'access'
  | 'access-read'
  | 'access-write'
  | 'access-keys'
  | 'operator'
  | 'root';

/** A Redis with the users, the settings and the TLS of deploy/redis. */
export class RedisWithUsers {
  readonly redis: OwnRedis;
  /** The authority of its certificate, PEM. */
  readonly ca: string;
  readonly #passwords: Map<string, string>;

  private constructor(redis: OwnRedis, passwords: Map<string, string>) {
    this.redis = redis;
    this.#passwords = passwords;
    this.ca = readFileSync(join(redis.dir, 'server.crt'), 'utf8');
  }

  static async start(): Promise<RedisWithUsers> {
    const passwords = new Map<string, string>();
    const openssl = await opensslProgram();
    const redis = await OwnRedis.start((port, dir) => {
      makeCertificate(openssl, dir);
      writeFileSync(join(dir, 'users.acl'), usersWith(passwords));
      return settingsIn(dir, port);
    });
    return new RedisWithUsers(redis, passwords);
  }

  urlOf(user: RedisUser): string {
    return `rediss://${user}:${this.#passwords.get(user)}@127.0.0.1:${this.redis.port}`;
  }

  /** Gives one command as a user. */
  run(user: RedisUser, ...command: Command): Promise<unknown> {
    return given(this.urlOf(user), command, { tls: { ca: this.ca } });
  }
}

/** The shipped file, with passwords put in as an operator does. */
function usersWith(passwords: Map<string, string>): string {
  const text = readFileSync(join(DEPLOY, 'users.acl'), 'utf8');
  const filled = text.replaceAll(/^user (\S+) on #SHA256-OF-\S+/gm, (_, user: string) => {
    const password = randomBytes(12).toString('hex');
    passwords.set(user, password);
    return `user ${user} on #${createHash('sha256').update(password).digest('hex')}`;
  });
  passwords.set('root', 'root');
  return `${filled}user root on >root allkeys allchannels +@all\n`;
}

/** The shipped settings, with this machine's places in them. */
function settingsIn(dir: string, port: number): string[] {
  return readFileSync(join(DEPLOY, 'redis.conf'), 'utf8')
    .replace('tls-port 6379', `tls-port ${port}`)
    .replace('/etc/redis/ca.crt', join(dir, 'server.crt'))
    .replaceAll('/etc/redis/', `${dir}/`)
    .replace('/var/lib/redis', dir)
    .split('\n');
}

function makeCertificate(openssl: string, dir: string): void {
  const names = ['-subj', '/CN=redis', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', join(dir, 'server.key'), '-out', join(dir, 'server.crt')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  execFileSync(openssl, ['req', '-x509', ...kind, ...names, ...files], { stdio: 'pipe' });
}
