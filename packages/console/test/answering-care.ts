import type { IncomingHttpHeaders } from 'node:http';
import { auditAnswer, type AuditMood } from './recorded-audit.ts';
import {
  approval,
  APPROVAL_ID,
  DESTROYED,
  INDEX,
  ROTATED,
  SHRED_PLAN,
  SHREDDED,
  subject,
  USAGE,
} from './recorded-care.ts';

/** What a request of keys, persons, second persons or the audit log is answered. */
export type CareAnswer =
  | {
      readonly status: number;
      readonly body: object;
      readonly code?: undefined;
      readonly place?: undefined;
    }
  | { readonly status: number; readonly code: string; readonly place: object };

interface CareRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly isEmpty: boolean;
}

const answer = (body: object): CareAnswer => ({ status: 200, body });
const refusal = (code: string, place: object): CareAnswer => ({ status: 403, code, place });

/**
 * Answers of the shape that the access service promises for keys, persons and second persons. Whether
 * somebody agreed is what a test says.
 */
export class AnsweringCare {
  /** Whether changes need a second person. */
  isGuarded = true;
  /** Whether one has agreed. */
  isAgreed = false;
  /** Whether the hour of the approval is over. */
  lapsed = false;
  /** Who asked for what waits. */
  asker = 'Mei Okafor';
  /** Whether the person was shredded. */
  isShredded = false;
  /** Whether the audit log is there, and whether it was changed behind its signature. */
  audit: AuditMood = 'whole';
  /** What stands against the end of a key. */
  usage = USAGE;

  answerTo({ headers, isEmpty, method, url }: CareRequest): CareAnswer | undefined {
    const { pathname: path } = new URL(url, 'http://127.0.0.1');
    if (path.startsWith('/v1/audit/')) {
      const found = auditAnswer(new URL(url, 'http://127.0.0.1'), this.audit, isEmpty);
      return found === undefined
        ? { status: 503, code: 'AUDIT_COPY_MISSING', place: {} }
        : answer(found);
    }
    if (method === 'GET') return this.#shown(path, isEmpty);
    if (path.endsWith('/subjects/index')) return answer({ index: INDEX });
    if (path.endsWith('/approve')) {
      this.isAgreed = true;
      return answer({ ...approval(Date.now()), state: 'approved', approvedBy: 'Ada Osei' });
    }
    const done = deedOf(method, path);
    if (done === undefined) return undefined;
    const refused = this.#needed(headers['x-sealstream-approval']);
    if (refused !== undefined) return refused;
    if (path.includes('/subjects/')) this.isShredded = path.endsWith('/shred');
    return answer(done);
  }

  #shown(path: string, isEmpty: boolean): CareAnswer | undefined {
    if (path === '/v1/approvals')
      return answer({
        approvals:
          isEmpty || this.isAgreed ? [] : [{ ...approval(Date.now()), person: this.asker }],
      });
    if (path.endsWith('/usage')) return answer(this.usage);
    if (path.endsWith('/shred-plan')) return answer(SHRED_PLAN);
    if (path.includes('/subjects/')) return answer(subject(Date.now(), this.isShredded));
    return undefined;
  }

  #needed(given: string | string[] | undefined): CareAnswer | undefined {
    if (!this.isGuarded) return undefined;
    if (given === undefined) {
      const expires = new Date(Date.now() + 3_600_000).toISOString();
      return refusal('APPROVAL_NEEDED', {
        approval: APPROVAL_ID,
        digest: 'ab'.repeat(32),
        expires,
      });
    }
    if (this.lapsed) return refusal('APPROVAL_REFUSED', { approval: APPROVAL_ID, why: 'lapsed' });
    const why = given === APPROVAL_ID ? 'not-approved' : 'other-request';
    return this.isAgreed && given === APPROVAL_ID
      ? undefined
      : refusal('APPROVAL_REFUSED', { approval: String(given), why });
  }
}

/** What a change gives back; undefined of what is none. */
function deedOf(method: string, path: string): object | undefined {
  if (path.endsWith('/keys/rotate')) return ROTATED;
  if (path.endsWith('/subjects/shred')) return SHREDDED;
  if (path.endsWith('/subjects/re-enrol')) return { outcome: 'finished' };
  return method === 'DELETE' && path.includes('/keys/') ? DESTROYED : undefined;
}
