import type { Logger } from '@sealstream/contracts';
import type { AuditEmitter, Counter } from '@sealstream/service';

/** How somebody wanted to get in. */
export type SignInWay = 'password' | 'session' | 'api-key' | 'certificate' | 'bootstrap' | 'oidc';
/**
 * Why nobody did; `unlinked`: a provider knows them, and no account does; `away`: so is the provider. What
 * was typed as a name is not told: it may be a password in the wrong field.
 */
export type SignInRefusal = 'refused' | 'throttled' | 'shed' | 'reused' | 'unlinked' | 'away';

/** Names, codes and ids that stand beside it; never a token. */
type About = Readonly<Record<string, string>>;

/** Which certificate was refused, and what for: words of a closed list, a fingerprint, an account. */
export interface CertificateRefusal {
  readonly reason: string;
  /** SHA-256 in hex. */
  readonly certificate: string;
  /** That the rules name; undefined where none does. */
  readonly account?: string | undefined;
}

/** Refusals told one by one in a while; of what is beyond, their number. */
const EACH_TOLD = 20;
/** Only whoever was let in, here or by a provider, can cause these, so no flood of strangers hides one. */
const ALWAYS_TOLD: ReadonlySet<SignInRefusal> = new Set(['reused', 'unlinked']);
const WHILE_MS = 10_000;

/**
 * Tells the audit log who got in and who did not, and the service's log what is wrong with certificates.
 *
 * Promises: a flood of refusals makes a bounded number of events and loses none of the counts: what is
 * not told one by one is told as a number at the end of its while. A refresh token that came twice, and
 * somebody whom a provider knows and no account is of, is told in any case.
 */
export class ToldSignIns {
  readonly #audit: Pick<AuditEmitter, 'note'>;
  readonly #counted: Pick<Counter<'by' | 'outcome'>, 'inc'>;
  readonly #logger: Pick<Logger, 'warn'>;
  #told = 0;
  #untold = 0;
  #summary: NodeJS.Timeout | undefined;

  constructor(
    audit: Pick<AuditEmitter, 'note'>,
    counted: Pick<Counter<'by' | 'outcome'>, 'inc'>,
    logger: Pick<Logger, 'warn'>,
  ) {
    this.#audit = audit;
    this.#counted = counted;
    this.#logger = logger;
  }

  signedIn(
    account: string,
    person: string,
    by: SignInWay,
    address: string,
    about: About = {},
  ): void {
    this.#counted.inc({ by, outcome: 'signed-in' });
    const details = { ...about, person, by, address };
    this.#audit.note({ type: 'signed-in', actor: account, details });
  }

  signedOut(account: string, person: string, sessions: number): void {
    this.#audit.note({ type: 'signed-out', actor: account, details: { person, sessions } });
  }

  refused(by: SignInWay, why: SignInRefusal, address: string, about: About = {}): void {
    this.#refused(by, why, { ...about, address });
  }

  /** What is wrong with a certificate its owner cannot see, so it stands in the service's log as well. */
  certificateRefused(address: string, { account, certificate, reason }: CertificateRefusal): void {
    const known = account === undefined ? {} : { account };
    const isTold = this.#refused('certificate', 'refused', {
      address,
      reason,
      certificate,
      ...known,
    });
    if (!isTold) return;
    const fields = { code: 'SIGN_IN_REFUSED', problem: reason, sha256: certificate };
    this.#logger.warn(fields, 'a client certificate was refused');
  }

  /** @returns whether it was told, and not only counted */
  #refused(by: SignInWay, why: SignInRefusal, details: About): boolean {
    this.#counted.inc({ by, outcome: why });
    if (ALWAYS_TOLD.has(why)) {
      this.#audit.note({ type: 'sign-in-refused', details: { ...details, by, why } });
      return true;
    }
    this.#summary ??= setTimeout(() => this.#summarise(), WHILE_MS).unref();
    if (this.#told >= EACH_TOLD) {
      this.#untold += 1;
      return false;
    }
    this.#told += 1;
    this.#audit.note({ type: 'sign-in-refused', details: { ...details, by, why } });
    return true;
  }

  /** Tells what was not told yet. */
  stop(): void {
    clearTimeout(this.#summary);
    this.#summarise();
  }

  #summarise(): void {
    if (this.#untold > 0)
      this.#audit.note({ type: 'sign-in-refused', details: { more: this.#untold } });
    this.#told = 0;
    this.#untold = 0;
    this.#summary = undefined;
  }
}
