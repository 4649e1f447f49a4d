import { createHmac, randomBytes } from 'node:crypto';
import { type ErrorPlace, SealstreamError } from '@sealstream/contracts';
import { KEY_BYTES } from '@sealstream/crypto';
import { deviceError, isPinRefused } from './pkcs11-errors.ts';
import { type Cryptoki, pkcs11Module } from './pkcs11-module.ts';
import { readSecretFile } from './secret-file.ts';

/* Numbers of PKCS#11. Source: OASIS, PKCS#11 Base Specification 3.0, pkcs11t.h. */
const CKF_SERIAL_SESSION = 0x4;
const CKU_USER = 1;
const CKO_SECRET_KEY = 4;
const CKK_AES = 0x1f;
const CKA_CLASS = 0x0;
const CKA_LABEL = 0x3;
const CKA_KEY_TYPE = 0x100;
const CKA_SENSITIVE = 0x103;
const CKA_VALUE_LEN = 0x161;
const CKA_EXTRACTABLE = 0x162;
const CKM_AES_GCM = 0x1087;
/** pkcs11js's own number for the form of the parameters. */
const CK_PARAMS_AES_GCM = 3;
const TAG_BITS = 128;
const BITS = 8;

const NEWLINE_AT_END = /\r?\n$/;

export interface TokenOptions {
  /** The vendor's PKCS#11 library. */
  readonly module: string;
  readonly tokenLabel: string;
  /** 0600 and our own; read at each sign-in. */
  readonly pinFile: string;
}

/** A session that is signed in, with one key. */
export interface KeySession {
  readonly cryptoki: Cryptoki;
  readonly session: Buffer;
  readonly key: Buffer;
}

/**
 * Sign-ins at one token.
 *
 * Promises: a session lives for one use; a PIN that the token refused is not offered again before
 * the file holds another one, since tokens lock themselves after a few wrong ones.
 */
export class TokenSessions {
  readonly #options: TokenOptions;
  readonly #salt = randomBytes(KEY_BYTES);
  #refused: string | undefined;

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  /** Throws KEY_FILE_* (the PIN), KEY_PROVIDER_REFUSED, KEY_PROVIDER_AWAY, what `work` throws. */
  withKey<T>(label: string, place: ErrorPlace, work: (open: KeySession) => Promise<T>): Promise<T> {
    return pkcs11Module(this.#options.module).use(async (cryptoki) => {
      try {
        const slot = this.#slot(cryptoki, place);
        // Refused with CKR_MECHANISM_INVALID when the token cannot do what we seal with.
        cryptoki.C_GetMechanismInfo(slot, CKM_AES_GCM);
        const session = cryptoki.C_OpenSession(slot, CKF_SERIAL_SESSION);
        try {
          this.#signIn(cryptoki, session, place);
          return await work({ cryptoki, session, key: findKey(cryptoki, session, label, place) });
        } finally {
          closeQuietly(cryptoki, session);
        }
      } catch (error) {
        throw deviceError(error, place);
      }
    });
  }

  #slot(cryptoki: Cryptoki, place: ErrorPlace): Buffer {
    const { tokenLabel } = this.#options;
    const labelled = cryptoki
      .C_GetSlotList(true)
      .filter((slot) => cryptoki.C_GetTokenInfo(slot).label.trimEnd() === tokenLabel);
    const [slot] = labelled;
    if (slot === undefined)
      throw new SealstreamError('KEY_PROVIDER_AWAY', { ...place, reason: 'no such token' });
    if (labelled.length > 1) throw refused(place, 'several tokens of this label');
    return slot;
  }

  #signIn(cryptoki: Cryptoki, session: Buffer, place: ErrorPlace): void {
    const content = readSecretFile(this.#options.pinFile);
    try {
      const offered = createHmac('sha256', this.#salt).update(content).digest('hex');
      if (offered === this.#refused) throw refused(place, 'a PIN that was refused before');
      try {
        const pin = content.toString('utf8').replace(NEWLINE_AT_END, '');
        cryptoki.C_Login(session, CKU_USER, pin);
      } catch (error) {
        if (isPinRefused(error)) this.#refused = offered;
        if ((error as Error).message !== 'CKR_USER_ALREADY_LOGGED_IN') throw error;
      }
    } finally {
      content.fill(0);
    }
  }
}

/** AES-GCM with our own nonce and associated data. */
export function gcm(iv: Buffer, aad: Buffer): { mechanism: number; parameter: unknown } {
  const parameter = {
    type: CK_PARAMS_AES_GCM,
    iv,
    aad,
    ivBits: iv.length * BITS,
    tagBits: TAG_BITS,
  };
  return { mechanism: CKM_AES_GCM, parameter };
}

function refused(place: ErrorPlace, reason: string): SealstreamError {
  return new SealstreamError('KEY_PROVIDER_REFUSED', { ...place, reason });
}

/** The one key of that label, when it is an AES-256 key that cannot leave the device. */
function findKey(cryptoki: Cryptoki, session: Buffer, label: string, place: ErrorPlace): Buffer {
  cryptoki.C_FindObjectsInit(session, [
    { type: CKA_CLASS, value: CKO_SECRET_KEY },
    { type: CKA_LABEL, value: label },
  ]);
  let found: Buffer[];
  try {
    found = cryptoki.C_FindObjects(session, 2);
  } finally {
    cryptoki.C_FindObjectsFinal(session);
  }
  const [key] = found;
  if (key === undefined) throw refused(place, 'no key of this label');
  if (found.length > 1) throw refused(place, 'several keys of this label');
  const types = [CKA_KEY_TYPE, CKA_VALUE_LEN, CKA_EXTRACTABLE, CKA_SENSITIVE];
  const [type, length, extractable, sensitive] = cryptoki
    .C_GetAttributeValue(
      session,
      key,
      types.map((one) => ({ type: one })),
    )
    .map(({ value }) => value[0]);
  if (type !== CKK_AES || length !== KEY_BYTES) throw refused(place, 'not an AES-256 key');
  if (extractable !== 0 || sensitive !== 1)
    throw refused(place, 'the key can be taken out of the device');
  return key;
}

function closeQuietly(cryptoki: Cryptoki, session: Buffer): void {
  try {
    cryptoki.C_CloseSession(session);
  } catch {
    // The device may be away; what was asked of it has its own outcome.
  }
}
