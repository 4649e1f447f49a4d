import type * as Kms from '@aws-sdk/client-kms';
import { type ErrorPlace, type Purpose, SealstreamError } from '@sealstream/contracts';
import { KEY_BYTES, type KeyHandle, keyHandle, type WrapContext } from '@sealstream/crypto';
import sodium from 'sodium-native';
import { keyNameOf } from './key-names.ts';
import { decodeKmsBlob, encodeKmsBlob } from './kms-blob.ts';
import { kmsError } from './kms-errors.ts';
import type { OutermostKeys } from './outermost-keys.ts';

const DEFAULT_KEY = 'alias/sealstream-<purpose>';
/** A call that has no answer by then has none; the client tries twice within it. */
const ANSWER_MS = 5000;
const ATTEMPTS = 2;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

export interface AwsKmsOptions {
  /** Alias, ARN or id of the key; `<purpose>` stands for the purpose. */
  readonly key?: string | undefined;
  /** Default: as the AWS client finds it (AWS_REGION, profile). */
  readonly region?: string | undefined;
  /** Default: that of the region. */
  readonly endpoint?: string | undefined;
}

/**
 * Outermost keys in AWS KMS, one symmetric key for each purpose; credentials by the client's own
 * chain. What is wrapped is bound by the encryption context to purpose and wrap context, which
 * CloudTrail shows. To unwrap needs kms:Decrypt and kms:DescribeKey, to wrap kms:Encrypt too.
 *
 * The client is loaded at the first call. It makes strings of what it sends and gets, so a wrapping
 * key in base64 stays on the heap until the collector comes by (SECURITY.md).
 */
export function awsKmsProvider(
  options: AwsKmsOptions,
  purposes: readonly Purpose[],
): OutermostKeys {
  return new AwsKmsKeys(options, purposes);
}

class AwsKmsKeys implements OutermostKeys {
  readonly purposes: readonly Purpose[];
  readonly #options: AwsKmsOptions;
  #loading: Promise<Loaded> | undefined;

  constructor(options: AwsKmsOptions, purposes: readonly Purpose[]) {
    this.purposes = purposes;
    this.#options = options;
  }

  async check(): Promise<void> {
    for (const purpose of this.purposes) {
      const place = this.#place(purpose);
      const { KeyMetadata } = await this.#ask(place, ({ kms, client }, options) =>
        client.send(new kms.DescribeKeyCommand({ KeyId: place.key }), options),
      );
      const reason = unfit(KeyMetadata);
      if (reason !== undefined)
        throw new SealstreamError('KEY_PROVIDER_REFUSED', { ...place, reason });
    }
  }

  async wrap(purpose: Purpose, context: WrapContext, slot: Buffer): Promise<Buffer> {
    const place = this.#place(purpose);
    const input = { KeyId: place.key, EncryptionContext: bound(purpose, context) };
    const { CiphertextBlob, KeyId } = await this.#ask(place, ({ kms, client }, options) =>
      client.send(new kms.EncryptCommand({ ...input, Plaintext: slot }), options),
    );
    if (CiphertextBlob === undefined || KeyId === undefined)
      throw new SealstreamError('KEY_PROVIDER_REFUSED', { ...place, reason: 'an empty answer' });
    return encodeKmsBlob({ arn: KeyId, ciphertext: Buffer.from(CiphertextBlob) });
  }

  async unwrap(
    purpose: Purpose,
    context: WrapContext,
    wrapped: Buffer,
    slot: Buffer,
  ): Promise<KeyHandle> {
    sodium.sodium_memzero(slot);
    const place = this.#place(purpose);
    const blob = decodeKmsBlob(wrapped);
    if (blob === undefined) throw new SealstreamError('KEYSET_UNREADABLE', place);
    const EncryptionContext = bound(purpose, context);
    // The key is pinned: without KeyId, KMS would take any key that the ciphertext names.
    const input = { KeyId: place.key, CiphertextBlob: blob.ciphertext, EncryptionContext };
    const { Plaintext } = await this.#ask(place, ({ kms, client }, options) =>
      client.send(new kms.DecryptCommand(input), options),
    ).catch(async (error: unknown) => {
      throw await this.#explained(error, blob.arn, place);
    });
    try {
      if (Plaintext?.length !== KEY_BYTES) throw new SealstreamError('KEYSET_UNREADABLE', place);
      slot.set(Plaintext);
      return keyHandle(slot);
    } finally {
      Plaintext?.fill(0);
    }
  }

  /** Access that is denied to another key than the one that wrapped is a blob of another key. */
  async #explained(error: unknown, arn: string, place: KmsPlace): Promise<unknown> {
    const isDenied =
      error instanceof SealstreamError && error.place['reason'] === 'AccessDeniedException';
    if (!isDenied) return error;
    const { KeyMetadata } = await this.#ask(place, ({ kms, client }, options) =>
      client.send(new kms.DescribeKeyCommand({ KeyId: place.key }), options),
    ).catch(() => ({ KeyMetadata: undefined }));
    const isOther = KeyMetadata?.Arn !== undefined && KeyMetadata.Arn !== arn;
    return isOther ? new SealstreamError('KEYSET_UNREADABLE', place) : error;
  }

  #place(purpose: Purpose): KmsPlace {
    if (!this.purposes.includes(purpose))
      throw new SealstreamError('KEY_PROVIDER_REFUSED', {
        purpose,
        reason: 'not a purpose of ours',
      });
    const key = keyNameOf(this.#options.key ?? DEFAULT_KEY, purpose);
    return { provider: 'aws-kms', purpose, key };
  }

  async #ask<T>(
    place: KmsPlace,
    send: (loaded: Loaded, options: { abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    this.#loading ??= load(this.#options);
    const loaded = await this.#loading;
    try {
      return await send(loaded, { abortSignal: AbortSignal.timeout(ANSWER_MS) });
    } catch (error) {
      throw kmsError(error, place);
    }
  }
}

interface KmsPlace extends ErrorPlace {
  readonly key: string;
}

interface Loaded {
  readonly kms: typeof Kms;
  readonly client: Kms.KMSClient;
}

async function load({ endpoint, region }: AwsKmsOptions): Promise<Loaded> {
  if (endpoint !== undefined && !isSafe(endpoint))
    throw new SealstreamError('KEY_PROVIDER_REFUSED', {
      provider: 'aws-kms',
      reason: 'the endpoint is not https',
    });
  const kms = await import('@aws-sdk/client-kms');
  const client = new kms.KMSClient({
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: ANSWER_MS, requestTimeout: ANSWER_MS },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
  });
  return { kms, client };
}

/** Wrapping keys go over this line, so it is TLS, or does not leave the machine. */
function isSafe(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) return false;
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'https:' || LOOPBACK.test(hostname);
}

function bound(purpose: Purpose, context: WrapContext): Record<string, string> {
  return { 'sealstream-purpose': purpose, 'sealstream-context': JSON.stringify(context) };
}

/** Why a key cannot be an outermost key. */
function unfit(key: Kms.KeyMetadata | undefined): string | undefined {
  if (key?.KeyState !== 'Enabled') return 'the key is not enabled';
  const isSymmetric = key.KeySpec === 'SYMMETRIC_DEFAULT' && key.KeyUsage === 'ENCRYPT_DECRYPT';
  return isSymmetric ? undefined : 'the key is not a symmetric one for encryption';
}
