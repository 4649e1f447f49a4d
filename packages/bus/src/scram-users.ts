import { pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { SealstreamError } from '@sealstream/contracts';
import { finalRefusal, KafkaRefusal } from './kafka-errors.ts';
import type { KafkaLink } from './kafka-link.ts';
import {
  alterScramRequest,
  describeScramRequest,
  type NewCredential,
} from './wire/scram-requests.ts';

/** Source: org.apache.kafka.clients.admin.ScramMechanism. */
const MECHANISMS = { 'SCRAM-SHA-256': 1, 'SCRAM-SHA-512': 2 } as const;
export type ScramMechanism = keyof typeof MECHANISMS;
/** The one that passwords are given for. */
const GIVEN: ScramMechanism = 'SCRAM-SHA-512';

/** Kafka takes 4,096 to 16,384; the passwords are random, so that nothing is gained beyond. */
const ITERATIONS = 8_192;
const SALT_BYTES = 32;
/** RESOURCE_NOT_FOUND. */
const NOT_THERE = 91;
const SHA512_BYTES = 64;

/** A user that signs in at the brokers with a password. */
export interface ScramUser {
  readonly name: string;
  readonly mechanisms: readonly ScramMechanism[];
}

/** A user that is made, or gets another password. */
export interface NewScramUser {
  readonly name: string;
  /** Printable ASCII: so SASLprep (RFC 4013) leaves it as it is. */
  readonly password: string;
}

/** Users with a password at Kafka itself (SASL/SCRAM). Their names have no prefix of ours. */
export class ScramUsers {
  readonly #link: KafkaLink;

  constructor(link: KafkaLink) {
    this.#link = link;
  }

  /**
   * All users with a password. Needs Describe on the cluster.
   *
   * @throws SealstreamError KAFKA_REFUSED
   */
  async all(): Promise<ScramUser[]> {
    const { users } = await this.#link
      .sendTo(await this.#link.anyBroker(), describeScramRequest())
      .catch((error: unknown) => {
        throw finalRefusal(error, { what: 'users' }) ?? error;
      });
    return users.map(({ credentials, name }) => {
      const held = new Set(credentials.map(({ mechanism }) => mechanism));
      const names = Object.keys(MECHANISMS) as ScramMechanism[];
      return { name, mechanisms: names.filter((one) => held.has(MECHANISMS[one])) };
    });
  }

  /**
   * Gives users a password for SCRAM-SHA-512; one that is there gets it in the place of its own. What goes
   * over the wire is made from the password and is as good as one, so it goes over TLS, or to this machine.
   * Needs Alter on the cluster.
   *
   * @throws SealstreamError KAFKA_REFUSED with the name of a user; of the others some may be made
   */
  async set(users: readonly NewScramUser[]): Promise<void> {
    if (users.length === 0) return;
    const broker = await this.#link.anyBroker();
    if (!this.#link.isProtected(broker))
      throw new SealstreamError(
        'KAFKA_REFUSED',
        { refusal: 'PLAINTEXT', broker: broker.connectionPool.host },
        'Passwords are set over TLS only, or on this machine: set SEALSTREAM_KAFKA_TLS=true.',
      );
    const credentials = await Promise.all(users.map(credentialOf));
    const { outcomes } = await this.#link.sendTo(broker, alterScramRequest([], credentials));
    for (const { saltedPassword } of credentials) saltedPassword.fill(0);
    requireDone(outcomes, users);
  }

  /**
   * Gives a user another password for SCRAM-SHA-512, then takes away what it has by other mechanisms: after
   * it no password of before opens a connection. As `set` otherwise; what broke off is finished by a repeat.
   *
   * @throws SealstreamError KAFKA_REFUSED
   */
  async replace({ mechanisms, name }: ScramUser, password: string): Promise<void> {
    await this.set([{ name, password }]);
    await this.remove({ name, mechanisms: mechanisms.filter((one) => one !== GIVEN) });
  }

  /**
   * Takes the passwords of a user away, by these of its mechanisms; a repeat does no harm. Connections that
   * stand go on. Needs Alter on the cluster.
   *
   * @throws SealstreamError KAFKA_REFUSED
   */
  async remove({ mechanisms, name }: ScramUser): Promise<void> {
    // The broker takes one change of a user in a request.
    for (const one of mechanisms) {
      const deleted = [{ name, mechanism: MECHANISMS[one] }];
      const broker = await this.#link.anyBroker();
      const { outcomes } = await this.#link.sendTo(broker, alterScramRequest(deleted, []));
      // Somebody else was quicker, or an earlier try was.
      requireDone(
        outcomes.map((one) => (one.errorCode === NOT_THERE ? { ...one, errorCode: 0 } : one)),
        deleted,
      );
    }
  }
}

/** @throws SealstreamError KAFKA_REFUSED */
function requireDone(
  outcomes: readonly { readonly name: string; readonly errorCode: number }[],
  asked: readonly { readonly name: string }[],
): void {
  for (const { errorCode, name } of outcomes) {
    if (errorCode === 0) continue;
    const refusal = KafkaRefusal.of(errorCode);
    throw finalRefusal(refusal, { user: name }) ?? refusal;
  }
  // Postcondition: the broker has told of each.
  const told = new Set(outcomes.map(({ name }) => name));
  const untold = asked.find(({ name }) => !told.has(name));
  if (untold !== undefined)
    throw new SealstreamError('KAFKA_REFUSED', { user: untold.name, refusal: 'NO_ANSWER' });
}

/** Hi(password, salt, iterations) of RFC 5802, 2.2, which is PBKDF2 with one block. */
async function credentialOf({
  name,
  password,
}: NewScramUser): Promise<NewCredential & { readonly saltedPassword: Buffer }> {
  const salt = randomBytes(SALT_BYTES);
  const saltedPassword = await promisify(pbkdf2)(
    password,
    salt,
    ITERATIONS,
    SHA512_BYTES,
    'sha512',
  );
  const mechanism = MECHANISMS[GIVEN];
  return { name, mechanism, iterations: ITERATIONS, salt, saltedPassword };
}
