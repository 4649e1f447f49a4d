import { SealstreamError } from '@sealstream/contracts';
import { deviceError } from './pkcs11-errors.ts';

/** The part of pkcs11js that we call; it is optional, so its own types may not be there. */
export interface Cryptoki {
  load(path: string): void;
  C_Initialize(): void;
  C_Finalize(): void;
  C_GetSlotList(withToken: boolean): Buffer[];
  C_GetTokenInfo(slot: Buffer): { readonly label: string };
  C_GetMechanismInfo(slot: Buffer, mechanism: number): unknown;
  C_OpenSession(slot: Buffer, flags: number): Buffer;
  C_CloseSession(session: Buffer): void;
  C_Login(session: Buffer, user: number, pin: string): void;
  C_FindObjectsInit(session: Buffer, template: readonly Attribute[]): void;
  C_FindObjects(session: Buffer, max: number): Buffer[];
  C_FindObjectsFinal(session: Buffer): void;
  C_GetAttributeValue(
    session: Buffer,
    object: Buffer,
    template: readonly Attribute[],
  ): { readonly value: Buffer }[];
  C_EncryptInit(session: Buffer, mechanism: Mechanism, key: Buffer): void;
  C_EncryptAsync(session: Buffer, input: Buffer, output: Buffer): Promise<Buffer>;
  C_DecryptInit(session: Buffer, mechanism: Mechanism, key: Buffer): void;
  C_DecryptAsync(session: Buffer, input: Buffer, output: Buffer): Promise<Buffer>;
}

interface Attribute {
  readonly type: number;
  readonly value?: number | string;
}

interface Mechanism {
  readonly mechanism: number;
  readonly parameter: unknown;
}

interface Pkcs11js {
  readonly PKCS11: new () => Cryptoki;
}

/** Not a literal, so that we build where it could not be compiled. */
const PACKAGE: string = 'pkcs11js';

/** A module is initialised once in a process, whoever uses it. */
const modules = new Map<string, Pkcs11Module>();

/** The PKCS#11 module at a path. */
export function pkcs11Module(path: string): Pkcs11Module {
  const known = modules.get(path);
  if (known !== undefined) return known;
  const made = new Pkcs11Module(path);
  modules.set(path, made);
  return made;
}

/**
 * A vendor's PKCS#11 library in this process.
 *
 * Promises: one call at a time, since sign-in belongs to the process and not to a session; after a
 * failure that may be the device's it is closed, and the next call opens it anew, as most libraries
 * need after their device was away.
 */
class Pkcs11Module {
  readonly #path: string;
  #last: Promise<unknown> = Promise.resolve();
  #loaded: Cryptoki | undefined;
  #open = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Throws SERVER_MISSING, KEY_PROVIDER_REFUSED, KEY_PROVIDER_AWAY and what `work` throws. */
  use<T>(work: (cryptoki: Cryptoki) => Promise<T>): Promise<T> {
    const done = this.#last.then(async () => {
      const cryptoki = await this.#opened();
      try {
        return await work(cryptoki);
      } catch (error) {
        if (error instanceof SealstreamError && error.retryable) this.#close(cryptoki);
        throw error;
      }
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #opened(): Promise<Cryptoki> {
    this.#loaded ??= await load(this.#path);
    if (this.#open) return this.#loaded;
    try {
      this.#loaded.C_Initialize();
    } catch (error) {
      // Whoever else uses the library in this process may have opened it.
      if ((error as Error).message !== 'CKR_CRYPTOKI_ALREADY_INITIALIZED')
        throw deviceError(error, { provider: 'pkcs11' });
    }
    this.#open = true;
    return this.#loaded;
  }

  #close(cryptoki: Cryptoki): void {
    this.#open = false;
    try {
      cryptoki.C_Finalize();
    } catch {
      // It is as closed as it can be; what is wrong shows when it is opened.
    }
  }
}

async function load(path: string): Promise<Cryptoki> {
  const { PKCS11 } = await pkcs11js();
  const cryptoki = new PKCS11();
  try {
    cryptoki.load(path);
    return cryptoki;
  } catch {
    throw new SealstreamError('KEY_PROVIDER_REFUSED', {
      provider: 'pkcs11',
      module: path,
      reason: 'the module cannot be loaded',
    });
  }
}

async function pkcs11js(): Promise<Pkcs11js> {
  try {
    const loaded = (await import(PACKAGE)) as Pkcs11js & { readonly default?: Pkcs11js };
    return loaded.default ?? loaded;
  } catch {
    throw new SealstreamError(
      'SERVER_MISSING',
      { provider: 'pkcs11', package: PACKAGE },
      'Install a C++ compiler, make and Python 3, then install the packages of Sealstream again: ' +
        'this one is optional, and compiled while it is installed.',
    );
  }
}
