import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Grant, type GrantField, ResolvedKeys, type ResolveAnswer } from '@sealstream/contracts';
import { type Algorithm, type FieldCipher, fieldCipher, type SealMethod } from '@sealstream/crypto';
import { compactDecrypt } from 'jose';
import { readConsumerKey } from '../src/consumer-key.ts';
import { type GrantAdmin, type GrantOrder, openGrantAdmin } from '../src/grant-admin.ts';
import { type Keyring, openKeyring } from '../src/keyring.ts';
import { type KeysetAdmin, openKeysetAdmin } from '../src/keyset-admin.ts';
import { SubjectGround } from './subject-fixture.ts';

export const DAY_MS = 86_400_000;
const TOKEN = { form: 'token', algorithm: 'xchacha20-poly1305', bind: [] } as const;

/** A field as a policy may seal it. */
export function aField(path: string, more: Partial<GrantField> = {}): GrantField {
  return { path, ...TOKEN, bind: [], purpose: 'field', ...more };
}

/** The cipher that seals such a field. */
export function cipherOf({ path, ...field }: GrantField): FieldCipher {
  const { algorithm, bind, form, purpose: keys } = field;
  const method: SealMethod = { form, algorithm, keys, bind, pad: true };
  return fieldCipher('people', path, method);
}

/** A consumer with a key pair of their own. */
export class Consumer {
  readonly private: KeyObject;
  readonly key: GrantOrder['consumerKey'];

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    this.private = privateKey;
    const pem = publicKey.export({ format: 'pem', type: 'spki' });
    this.key = readConsumerKey(Buffer.from(pem));
  }

  /** What is in a JWE to them, as any JOSE library reads it. */
  async text(sealed: string): Promise<string> {
    const { plaintext } = await compactDecrypt(sealed, this.private);
    return Buffer.from(plaintext).toString();
  }

  /** The grant alone, without its signature. */
  async grant(sealed: string): Promise<Grant> {
    return Grant.parse(JSON.parse((await this.text(sealed)).split('\n')[0] ?? ''));
  }

  async answer({ sealed }: ResolveAnswer): Promise<ResolvedKeys> {
    return ResolvedKeys.parse(JSON.parse(await this.text(sealed)));
  }
}

/** Keysets, subjects and grants of one test. */
export class GrantGround {
  readonly subjects = new SubjectGround();
  readonly #stops: { stop(): void }[] = [];

  get #shared() {
    const { files, heads, log, prefix, redisUrl } = this.subjects;
    return {
      redisUrl,
      prefix,
      heads,
      logger: log,
      provider: files.provider(),
      signer: files.signer,
    };
  }

  async admin(): Promise<GrantAdmin> {
    return this.#stopped(await openGrantAdmin(this.#shared));
  }

  async keysets(): Promise<KeysetAdmin> {
    return this.#stopped(await openKeysetAdmin(this.#shared));
  }

  /** The field keys of a process that seals, with these algorithms. */
  async sealing(...algorithms: Algorithm[]): Promise<Keyring> {
    const keysets = await this.keysets();
    for (const algorithm of algorithms) await keysets.ensure('field', 'people', algorithm);
    const { signer, ...shared } = this.#shared;
    const keyring = await openKeyring({
      ...shared,
      purposes: ['field'],
      sealTo: [],
      datasets: ['people'],
      signerPublicKey: signer.publicKey,
    });
    this.#stops.push(keyring);
    await keyring.ready();
    return keyring;
  }

  #stopped<T extends { stop(): void }>(one: T): T {
    this.#stops.push(one);
    return one;
  }

  end(): void {
    for (const one of this.#stops.splice(0)) one.stop();
    this.subjects.end();
  }
}

/** An order for these fields, for a month. */
export function orderFor(consumer: Consumer, fields: readonly GrantField[]): GrantOrder {
  return {
    dataset: 'people',
    consumer: 'billing',
    consumerKey: consumer.key,
    actor: 'somebody@somewhere',
    lifeMs: 30 * DAY_MS,
    fields,
  };
}
