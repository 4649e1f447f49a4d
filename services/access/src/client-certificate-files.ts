import type { TLSSocket } from 'node:tls';

import type { Logger } from '@sealstream/contracts';
import {
  type ClientCertificateOptions,
  type ClientCertificateRule,
  ClientCertificates,
  type ClientIdentity,
  type Metrics,
} from '@sealstream/service';

import { clientRules } from './client-rules.ts';
import { FollowedFile } from './followed-file.ts';

const LOOK_MS = 1_000;
const USE = 'access-clients';

/** Where it stands who gets in with a certificate. */
export interface ClientCertificatePaths {
  /** The authorities (PEM) of clients' certificates and of each other, roots included. */
  readonly caFile: string;
  /** Whose each certificate is (YAML). */
  readonly rulesFile: string;
  /** What the authorities revoked (PEM); without it a certificate counts until its end. */
  readonly revocationFile?: string | undefined;
}

export interface ClientCertificateFilesOptions extends ClientCertificatePaths {
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'tlsReloads'>;
}

/**
 * Whose a client certificate is, by files that are taken anew when they change.
 *
 * Promises: who is taken out of a file is out within two seconds, on a connection that stands as on a
 * session that is resumed. Each file is taken for itself, so that a fault in one holds up no other.
 */
export class ClientCertificateFiles {
  readonly #authorities: FollowedFile<string>;
  readonly #rules: FollowedFile<readonly ClientCertificateRule[]>;
  readonly #revocationFile: string | undefined;
  readonly #timer: NodeJS.Timeout;
  #used: ClientCertificates;

  private constructor(options: ClientCertificateFilesOptions) {
    const { caFile, revocationFile, rulesFile, ...told } = options;
    this.#revocationFile = revocationFile;
    const read = (authorities: string) => {
      certificatesOf({ authorities, rules: [] });
      return authorities;
    };
    this.#authorities = new FollowedFile({ file: caFile, read, use: USE, ...told });
    this.#rules = new FollowedFile({
      file: rulesFile,
      read: (text) => {
        const rules = clientRules(text, rulesFile);
        certificatesOf({ authorities: this.#authorities.value, rules });
        return rules;
      },
      use: USE,
      ...told,
    });
    this.#used = this.#certificates();
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /**
   * Reads the files.
   *
   * @throws SealstreamError FILE_UNREADABLE, CONFIG_INVALID
   */
  static open(options: ClientCertificateFilesOptions): ClientCertificateFiles {
    return new ClientCertificateFiles(options);
  }

  /**
   * Whose the certificate of the other end is, now. To be asked for each request.
   *
   * @throws SealstreamError SIGN_IN_REFUSED with the reason; REVOCATIONS_UNUSABLE
   */
  identify(socket: TLSSocket): Promise<ClientIdentity> {
    return this.#used.identify(socket);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const changed = [this.#authorities.look(), this.#rules.look()];
    if (changed.includes(true)) this.#used = this.#certificates();
  }

  #certificates(): ClientCertificates {
    return certificatesOf({
      authorities: this.#authorities.value,
      rules: this.#rules.value,
      revocationFile: this.#revocationFile,
    });
  }
}

/** Throws CONFIG_INVALID where rules or authorities do not hold. */
function certificatesOf(options: ClientCertificateOptions): ClientCertificates {
  return new ClientCertificates(options);
}
