import { randomUUID } from 'node:crypto';
import type { ByteRange } from '@sealstream/contracts';
import { type KeySource, VaultCipher, type VaultField } from '@sealstream/crypto';
import { inject } from 'vitest';
import { openKeyring } from '../src/keyring.ts';
import { openKeysetAdmin } from '../src/keyset-admin.ts';
import { openVault, type Vault, type VaultOptions } from '../src/vault.ts';
import { openVaultRows, type VaultRows } from '../src/vault-rows.ts';
import { KeptHeads, KeptLog, type KeyFiles, makeKeyFiles } from './keyring-fixture.ts';
import { given } from './redis-fixture.ts';

export const CARD: VaultField = { dataset: 'people', path: '/card', shape: 'token' };

export function rangeOf(bytes: Buffer | string): ByteRange {
  const whole = Buffer.from(bytes);
  return { bytes: whole, from: 0, to: whole.length };
}

/** Vaults of one test, with a prefix in Redis and a keyset of their own. */
export class VaultGround {
  readonly files: KeyFiles = makeKeyFiles();
  readonly log = new KeptLog();
  readonly prefix = `test-${randomUUID()}:`;
  readonly redisUrl: string;
  keys: KeySource = undefined as never;
  readonly #heads = new KeptHeads();
  readonly #ciphers = new Map<string, VaultCipher>();
  readonly #stops: { stop(): void }[] = [];

  constructor(redisUrl = inject('stack').redisUrl) {
    this.redisUrl = redisUrl;
  }

  get #shared() {
    return { redisUrl: this.redisUrl, prefix: this.prefix, logger: this.log, heads: this.#heads };
  }

  /** Makes the keysets, and opens them. */
  async open(datasets: readonly string[] = ['people']): Promise<void> {
    const { signer } = this.files;
    const provider = this.files.provider(['vault']);
    const admin = await openKeysetAdmin({ ...this.#shared, provider, signer });
    for (const dataset of datasets) await admin.ensure('vault', dataset);
    admin.stop();
    const keyring = await openKeyring({
      ...this.#shared,
      provider,
      purposes: ['vault'],
      sealTo: [],
      datasets,
      signerPublicKey: signer.publicKey,
    });
    this.#stops.push(keyring);
    await keyring.ready();
    this.keys = keyring.keys;
  }

  /** The vault as another process has it. */
  async vault(more: Partial<VaultOptions> = {}): Promise<Vault> {
    const vault = await openVault({ ...this.#shared, dataset: 'people', keys: this.keys, ...more });
    this.#stops.push(vault);
    return vault;
  }

  async rows(): Promise<VaultRows> {
    const rows = await openVaultRows({ ...this.#shared, dataset: 'people' });
    this.#stops.push(rows);
    return rows;
  }

  digest(field: VaultField, value: string, subject?: Buffer): string {
    const name = `${field.dataset} ${field.path}`;
    const cipher = this.#ciphers.get(name) ?? new VaultCipher(field.dataset, field.path);
    this.#ciphers.set(name, cipher);
    return cipher.digest(this.keys, subject && rangeOf(subject), rangeOf(value));
  }

  /** Asks for the tokens of values as a stage does: until it has them all. */
  async tokens(
    { vault }: Vault,
    values: readonly string[],
    { field = CARD, subject }: { field?: VaultField; subject?: Buffer } = {},
  ): Promise<string[]> {
    const index = subject && rangeOf(subject);
    for (;;) {
      const found = values.map((value) => {
        try {
          return vault.token(field, this.digest(field, value, subject), index, rangeOf(value));
        } catch (error) {
          if ((error as { code?: string }).code !== 'VAULT_ROWS_WANTED') throw error;
          return undefined;
        }
      });
      const tokens = found.filter((token) => token !== undefined);
      if (tokens.length === values.length) return tokens;
      await vault.bring();
    }
  }

  run(command: string, ...words: (string | Buffer)[]): Promise<unknown> {
    return given(this.redisUrl, [command, ...words] as never);
  }

  close(): void {
    for (const one of this.#stops) one.stop();
    this.files.remove();
  }
}
