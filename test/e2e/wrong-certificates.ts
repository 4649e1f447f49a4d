import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CertificatePair, createAuthority, issueCertificate } from '@sealstream/certificates';
import type { SecureUsers } from '../../tools/demo/secure-users.ts';
import { type FrontOptions, TlsFront } from './tls-front.ts';

const HOUR_MS = 3_600_000;

/** What is wrong with a server's certificate: nothing, its time, its host, or who signed it. */
export type PairName = 'right' | 'expired' | 'elsewhere' | 'foreign';

/** Certificates that are wrong, signed by a stack's own authority where it is not that which is wrong. */
export class WrongCertificates {
  /** File of another authority's certificate. */
  readonly foreignCaFile: string;
  readonly #users: SecureUsers;
  readonly #servers: ReadonlyMap<PairName, CertificatePair>;
  readonly #fronts: TlsFront[] = [];

  private constructor(
    users: SecureUsers,
    servers: ReadonlyMap<PairName, CertificatePair>,
    foreignCaFile: string,
  ) {
    this.#users = users;
    this.#servers = servers;
    this.foreignCaFile = foreignCaFile;
  }

  /** Makes them; those of clients, of the user given, beside the right ones as `expired` and `foreign`. */
  static async make(users: SecureUsers, user: string): Promise<WrongCertificates> {
    const { dir } = users.files;
    const now = Date.now();
    const validity = { fromMs: now - 2 * HOUR_MS, untilMs: now + HOUR_MS };
    const over = { ...validity, untilMs: now - HOUR_MS };
    const own = { certificate: users.ca, privateKey: readFileSync(join(dir, 'ca.key'), 'utf8') };
    const foreign = await createAuthority('another', validity);
    const here = { use: 'server', name: 'front', hosts: ['127.0.0.1', 'localhost'] } as const;
    const elsewhere = { ...here, hosts: ['elsewhere.example'] };
    const servers = new Map<PairName, CertificatePair>([
      ['right', await issueCertificate(own, { ...here, validity })],
      ['expired', await issueCertificate(own, { ...here, validity: over })],
      ['elsewhere', await issueCertificate(own, { ...elsewhere, validity })],
      ['foreign', await issueCertificate(foreign, { ...here, validity })],
    ]);
    const client = { use: 'client', name: user } as const;
    write(dir, 'expired', await issueCertificate(own, { ...client, validity: over }));
    write(dir, 'foreign', await issueCertificate(foreign, { ...client, validity }));
    write(dir, 'foreign-ca', foreign);
    return new WrongCertificates(users, servers, join(dir, 'foreign-ca.crt'));
  }

  /** Puts a front with one of the certificates before a real server; its port. */
  async front(
    name: PairName,
    behind: number,
    more: Pick<FrontOptions, 'as' | 'isOld'> = {},
  ): Promise<number> {
    const pair = this.#servers.get(name);
    if (pair === undefined) throw new Error(`there is no certificate ${name}`);
    const front = await TlsFront.start({ pair, behind, ca: this.#users.ca, ...more });
    this.#fronts.push(front);
    return front.port;
  }

  close(): void {
    for (const front of this.#fronts) front.close();
  }
}

function write(dir: string, name: string, { certificate, privateKey }: CertificatePair): void {
  writeFileSync(join(dir, `${name}.crt`), certificate);
  writeFileSync(join(dir, `${name}.key`), privateKey, { mode: 0o600 });
}
