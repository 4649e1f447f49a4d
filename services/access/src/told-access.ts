import { type ErrorCode, type PlainEvent, SealstreamError } from '@sealstream/contracts';
import type { AuditEmitter } from '@sealstream/service';

import type { Caller } from './caller.ts';
import type { Ask, Told } from './ask.ts';

/** Paths of one event; what is beyond is told as their number. */
const PATHS_TOLD = 50;

/** What is told of one request. */
export interface ToldRequest {
  readonly action: string;
  readonly caller: Caller;
  readonly ask: Ask;
  /** What else of it stands on the log. */
  readonly told: Told;
  /** The rule of the policy that allows it. */
  readonly rule?: string | undefined;
  /** The second person's approval that was used for it, and whose it is. */
  readonly approval?: { readonly id: string; readonly by: string } | undefined;
  readonly requestId: string;
  readonly address: string;
}

/**
 * Tells the audit log of what is done.
 *
 * Promises: `ordered` resolves only when every in-sync replica has the event, and rejects after
 * `waitMs` without an answer; whoever reveals waits for it first. The event may still arrive later:
 * then it stands there without an outcome, and counts as done.
 */
export class ToldAccess {
  readonly #audit: Pick<AuditEmitter, 'emit' | 'note'>;
  readonly #waitMs: number;

  constructor(audit: Pick<AuditEmitter, 'emit' | 'note'>, waitMs: number) {
    this.#audit = audit;
    this.#waitMs = waitMs;
  }

  /** @throws SealstreamError KAFKA_UNREACHABLE when the log does not say in time that it has it */
  ordered(request: ToldRequest): Promise<void> {
    return this.written(eventOf('access-ordered', request, {}));
  }

  /**
   * Tells of a step of an approval, and resolves as `ordered` does.
   *
   * @param details names and digests only
   * @throws SealstreamError KAFKA_UNREACHABLE
   */
  approval(
    type: 'approval-asked' | 'approval-given' | 'approval-refused' | 'approval-used',
    { account, by, person }: Caller,
    details: Readonly<Record<string, string | number>>,
  ): Promise<void> {
    return this.written({ type, actor: account, details: { person, by, ...details } });
  }

  /**
   * Tells of anything else, and resolves as `ordered` does.
   *
   * @throws SealstreamError KAFKA_UNREACHABLE
   */
  async written(event: Parameters<AuditEmitter['emit']>[0]): Promise<void> {
    const waitMs = this.#waitMs;
    const late = Promise.withResolvers<never>();
    const giveUp = () =>
      late.reject(new SealstreamError('KAFKA_UNREACHABLE', { place: 'audit events', waitMs }));
    const timer = setTimeout(giveUp, waitMs);
    try {
      // A race that is lost looks at the end of the other no more, and leaves no rejection unhandled.
      await Promise.race([this.#audit.emit(event), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * @param values how many were given in truth
   * @param found names of what was made
   */
  done(request: ToldRequest, values: number | undefined, failed?: ErrorCode, found = {}): void {
    const given = values === undefined ? {} : { given: values };
    const problem = failed === undefined ? {} : { failed };
    this.#audit.note(eventOf('access-done', request, { ...found, ...given, ...problem }));
  }

  denied(request: ToldRequest, reasons: string): void {
    this.#audit.note(eventOf('access-denied', request, { reasons }));
  }
}

function eventOf(
  type: PlainEvent['type'],
  { action, address, approval, ask, caller, requestId, rule, told }: ToldRequest,
  more: PlainEvent['details'],
): Parameters<AuditEmitter['emit']>[0] {
  const { about, dataset, fields = [], purpose, reference, target, values } = ask;
  const beyond = fields.length - PATHS_TOLD;
  const paths = fields.slice(0, PATHS_TOLD).join(',') + (beyond > 0 ? ` and ${beyond} more` : '');
  return {
    type,
    actor: caller.account,
    ...(dataset === undefined ? {} : { dataset }),
    details: {
      ...about,
      action,
      person: caller.person,
      by: caller.by,
      told,
      ...(caller.keyId === undefined ? {} : { apiKey: caller.keyId }),
      ...(caller.certificate === undefined ? {} : { certificate: caller.certificate }),
      ...(fields.length === 0 ? {} : { paths }),
      ...(values === undefined ? {} : { values }),
      ...(target === undefined ? {} : { target }),
      ...(purpose === undefined ? {} : { purpose }),
      ...(reference === undefined ? {} : { reference }),
      ...(rule === undefined ? {} : { rule }),
      ...(approval === undefined ? {} : { approval: approval.id, approvedBy: approval.by }),
      request: requestId,
      address,
      ...more,
    },
  };
}
