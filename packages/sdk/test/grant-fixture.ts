import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import {
  type Grant,
  GRANT_TYP,
  type RecordHeaders,
  SealstreamError,
  SOURCE_HEADER,
} from '@sealstream/contracts';
import {
  type ActiveKey,
  deriveKey,
  GRANT_FORM,
  generateSigner,
  type KeyHandle,
  keyHandle,
  type KeySource,
  type KeyUse,
  readSigner,
  type Signer,
  signWith,
} from '@sealstream/crypto';
import {
  type Dataset,
  datasetOf,
  encryptPlan,
  headerPlan,
  parsePolicy,
  partsOf,
  Tally,
} from '@sealstream/policy';
import { CompactEncrypt } from 'jose';

const POLICY = `version: 1
datasets:
  people:
    revision: 1
    unknownFields: encrypt
    headers: { x-user: { mask: redact } }
    fields:
      /name: { type: string }
      /email: { type: string }
      /amount: { type: number }
      /gcm: { type: string, encrypt: { seal: { algorithm: aes-256-gcm } } }
      /siv: { type: string, class: text, encrypt: { seal: { deterministic: true } } }
      /jwe: { type: string, encrypt: { seal: { form: jwe } } }
      /fernet: { type: string, encrypt: { seal: { form: fernet } } }
      /bound: { type: string, encrypt: { seal: { bind: [record-id] } } }
      /contacts/*/phone: { type: string }
      /kept: { type: string, mask: keep, encrypt: keep }
`;

/** The policy that test records are sealed by. */
export const dataset: Dataset = datasetOf(parsePolicy(POLICY, 'test'), 'people');
export const ALL_PATHS = dataset.fields
  .filter(({ encrypt }) => encrypt === 'seal')
  .map(({ path }) => path);

const FORMATS = { token: 'field-token', jwe: 'jwe', fernet: 'fernet' } as const;

/** The keys of whoever seals: stored keys by id, the last of which is active. */
export class SealingKeys implements KeySource {
  readonly record = {
    subject: undefined,
    source: { bytes: randomBytes(16), from: 0, to: 16 },
  };
  readonly #stored = new Map<string, KeyHandle>();
  #active = '';

  constructor() {
    this.rotate('first-key-01');
  }

  get ids(): string[] {
    return [...this.#stored.keys()];
  }

  rotate(id: string): void {
    this.#stored.set(id, keyHandle(randomBytes(32)));
    this.#active = id;
  }

  active(use: KeyUse): ActiveKey {
    return { id: this.#active, key: this.byId(use, this.#active) };
  }

  byId(use: KeyUse, id: string): KeyHandle {
    return keyHandle(this.derived(use, id));
  }

  derived(use: KeyUse, id: string): Buffer {
    const stored = this.#stored.get(id);
    if (stored === undefined) throw new SealstreamError('KEY_UNKNOWN', { key: id });
    const slot = Buffer.alloc(32);
    deriveKey(stored, use, slot);
    return slot;
  }

  publicKey(): never {
    throw new SealstreamError('KEYSET_MISSING');
  }

  privateKey(): never {
    throw new SealstreamError('KEYSET_MISSING');
  }
}

/** Whoever grants and seals, and a consumer, each with keys of their own. */
export class GrantScene {
  readonly keys = new SealingKeys();
  readonly signer: Signer;
  readonly signerPublicKey: string;
  readonly privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #plan = encryptPlan(dataset);

  constructor(consumer = generateKeyPairSync('x25519')) {
    const { privateKey, publicKey } = generateSigner();
    this.signer = readSigner(privateKey);
    this.signerPublicKey = publicKey;
    this.privateKey = consumer.privateKey;
    this.#publicKey = consumer.publicKey;
  }

  /** A record of encrypted.people with its headers, as encrypt makes it. */
  sealed(
    json: string,
    carried: RecordHeaders = [],
  ): { key: null; value: Buffer; headers: RecordHeaders } {
    const verdict = this.#plan.apply(Buffer.from(json), this.keys, new Tally());
    if (!verdict.ok) throw new Error(verdict.code);
    const { source } = this.keys.record;
    const mark = Buffer.concat([Buffer.from([1]), dataset.policyId, source.bytes]);
    const treated = headerPlan(dataset, 'encrypt').treat(carried, this.keys);
    if (!treated.ok) throw new Error(treated.code);
    return {
      key: null,
      value: verdict.value,
      headers: [[SOURCE_HEADER, mark], ...treated.headers],
    };
  }

  /** What is in a grant for these fields. */
  document(paths: readonly string[], more: Partial<Grant> = {}): Grant {
    return {
      type: 'sealstream-grant',
      v: 1,
      id: '0f3c9a1b2d4e5f60718293a4',
      dataset: 'people',
      consumer: 'billing',
      created: new Date().toISOString(),
      expires: new Date(Date.now() + 60_000).toISOString(),
      fields: paths.map((path) => this.#field(path)),
      ...more,
    };
  }

  /** The grant as the consumer gets it. */
  async grant(
    paths: readonly string[],
    more: Partial<Grant> = {},
    signer: Signer = this.signer,
  ): Promise<string> {
    return this.jwe(signWith(GRANT_FORM, this.document(paths, more), signer).bytes);
  }

  /** Any bytes, encrypted to the consumer. */
  jwe(bytes: Uint8Array, typ = GRANT_TYP): Promise<string> {
    const alg = this.#publicKey.asymmetricKeyType === 'rsa' ? 'RSA-OAEP-256' : 'ECDH-ES+A256KW';
    const header = { alg, enc: 'A256GCM', typ };
    return new CompactEncrypt(bytes).setProtectedHeader(header).encrypt(this.#publicKey);
  }

  #field(path: string): Grant['fields'][number] {
    const field = partsOf(dataset).find((one) => one.path === path);
    if (field === undefined) throw new Error(`no field ${path}`);
    const { algorithm, bind, form, keys: purpose } = field.seal;
    const use: KeyUse = { purpose, algorithm, format: FORMATS[form], dataset: 'people', path };
    const isSiv = algorithm === 'xchacha20-poly1305-siv';
    const text = (of: KeyUse, id: string) => this.keys.derived(of, id).toString('base64url');
    const keys = this.keys.ids.map((id) => ({
      id,
      key: text(use, id),
      ...(isSiv && { nonceKey: text({ ...use, format: 'synthetic-nonce' }, id) }),
    }));
    return { path, form, algorithm, purpose, bind: [...bind], keys };
  }
}
