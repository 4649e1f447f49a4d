import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Authority, createAuthority, issueCertificate } from '@sealstream/certificates';
import { kafkaUsers } from '@sealstream/service';
import { ROOT } from './paths.ts';

const DAY_MS = 86_400_000;
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule';
const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule';
/** May do everything, and is nobody of the flow. */
export const ADMIN = 'admin';

/** Certificates and passwords of a stack on which every link is protected; made once. */
export interface SecureFiles {
  /** Where ca.crt, ca.key and, for each user of Kafka, its certificate and key are. */
  readonly dir: string;
  readonly caFile: string;
  /** Password of each user of Kafka, and of the administrator. */
  readonly kafka: Readonly<Record<string, string>>;
  /** The same of Redis. */
  readonly redis: Readonly<Record<string, string>>;
}

const redisUsersFile = join(ROOT, 'deploy', 'redis', 'users.acl');
const secretsOf = (dir: string) => join(dir, 'passwords.json');

/** The files of a secure stack; undefined where it is none. */
export function secureFiles(root: string): SecureFiles | undefined {
  const dir = join(root, 'tls');
  if (!existsSync(secretsOf(dir))) return undefined;
  const secrets = JSON.parse(readFileSync(secretsOf(dir), 'utf8')) as Pick<
    SecureFiles,
    'kafka' | 'redis'
  >;
  return { dir, caFile: join(dir, 'ca.crt'), ...secrets };
}

/** Makes them where they are not there. */
export async function makeSecureFiles(root: string): Promise<SecureFiles> {
  const before = secureFiles(root);
  if (before !== undefined) return before;
  const dir = join(root, 'tls');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const validity = { fromMs: Date.now() - DAY_MS, untilMs: Date.now() + 30 * DAY_MS };
  const authority = await createAuthority('Sealstream local stack', validity);
  writeFileSync(join(dir, 'ca.crt'), authority.certificate);
  // Kept, so that tests can sign what is wrong: a certificate that is over, or of another host.
  writeFileSync(join(dir, 'ca.key'), authority.privateKey, { mode: 0o600 });
  const hosts = ['localhost', '127.0.0.1'];
  await writePair(dir, authority, { use: 'server', name: 'server', hosts, validity });
  const users = kafkaUsers([]).map(({ name }) => name);
  for (const name of users) await writePair(dir, authority, { use: 'client', name, validity });
  const passwords = (names: readonly string[]) =>
    Object.fromEntries([ADMIN, ...names].map((name) => [name, randomBytes(16).toString('hex')]));
  const named = readFileSync(redisUsersFile, 'utf8').matchAll(/^user (\S+) on /gm);
  const kafka = passwords(users);
  const redis = passwords(Array.from(named, ([, name = '']) => name));
  writeFileSync(join(dir, 'users.acl'), redisUsers(redis), { mode: 0o600 });
  // Last: where it is, all are.
  writeFileSync(secretsOf(dir), JSON.stringify({ kafka, redis }), { mode: 0o600 });
  return { dir, caFile: join(dir, 'ca.crt'), kafka, redis };
}

async function writePair(
  dir: string,
  authority: Authority,
  request: Parameters<typeof issueCertificate>[1],
): Promise<void> {
  const { certificate, privateKey } = await issueCertificate(authority, request);
  const write = (name: string, text: string) =>
    writeFileSync(join(dir, `${request.name}.${name}`), text, { mode: 0o600 });
  write('crt', certificate);
  write('key', privateKey);
  // Kafka's key store in PEM is one file.
  if (request.use === 'server') write('pem', privateKey + certificate);
}

/** The shipped users, with passwords put in as an operator does, and the administrator. */
function redisUsers(passwords: Readonly<Record<string, string>>): string {
  const hash = (name: string) =>
    createHash('sha256')
      .update(passwords[name] ?? '')
      .digest('hex');
  const shipped = readFileSync(redisUsersFile, 'utf8').replaceAll(
    /^user (\S+) on #SHA256-OF-\S+/gm,
    (_, name: string) => `user ${name} on #${hash(name)}`,
  );
  return `${shipped.trimEnd()}\nuser ${ADMIN} on #${hash(ADMIN)} allkeys allchannels +@all\n`;
}

/** What makes one broker listen on TLS alone and believe nobody without a right. */
export function secureProperties(
  { dir, kafka }: SecureFiles,
  ports: { readonly client: number; readonly certificates: number; readonly controller: number },
): Record<string, string> {
  const password = kafka[ADMIN] ?? '';
  const signIn = `required username="${ADMIN}" password="${password}"`;
  const clients = `CLIENTS://127.0.0.1:${ports.client},CERTIFICATES://127.0.0.1:${ports.certificates}`;
  return {
    listeners: `${clients},CONTROLLER://127.0.0.1:${ports.controller}`,
    'advertised.listeners': clients,
    'listener.security.protocol.map': 'CLIENTS:SASL_SSL,CERTIFICATES:SSL,CONTROLLER:SASL_SSL',
    'inter.broker.listener.name': 'CLIENTS',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
    'listener.name.clients.scram-sha-512.sasl.jaas.config': `${SCRAM} ${signIn};`,
    'sasl.mechanism.controller.protocol': 'PLAIN',
    'listener.name.controller.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.controller.plain.sasl.jaas.config': `${PLAIN} ${signIn} user_${ADMIN}="${password}";`,
    'listener.name.certificates.ssl.client.auth': 'required',
    // A user signs in with a certificate under the name that it has with a password.
    'ssl.principal.mapping.rules': 'RULE:^CN=([a-z-]+)$/$1/,DEFAULT',
    'ssl.enabled.protocols': 'TLSv1.2,TLSv1.3',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': join(dir, 'server.pem'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(dir, 'ca.crt'),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:${ADMIN}`,
    'allow.everyone.if.no.acl.found': 'false',
  };
}

/** Arguments of Kafka's format that make the users before the broker's first start. */
export function scramArguments({ kafka }: SecureFiles): string[] {
  return Object.entries(kafka).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
  ]);
}

/** Settings of Redis: TLS alone, and users of their own. */
export function secureRedisSettings({ dir }: SecureFiles, port: number): string[] {
  return [
    'port 0',
    `tls-port ${port}`,
    `tls-cert-file "${join(dir, 'server.crt')}"`,
    `tls-key-file "${join(dir, 'server.key')}"`,
    `tls-ca-cert-file "${join(dir, 'ca.crt')}"`,
    'tls-auth-clients no',
    'tls-protocols "TLSv1.2 TLSv1.3"',
    `aclfile "${join(dir, 'users.acl')}"`,
    'acl-pubsub-default resetchannels',
  ];
}
