import { randomBytes } from 'node:crypto';

import {
  type Accounts,
  type Approval as Kept,
  APPROVALS_OF_ONE_MAX,
  type User,
} from '@sealstream/accounts';
import {
  type AccessRules,
  type Approval,
  APPROVAL_PROBLEMS,
  type ApprovalProblem,
  approvalDigest,
  type ApprovalRequest,
  approve,
  askApproval,
  readApproval,
  type RoleGrant,
  useApproval,
} from '@sealstream/authorization';
import { SealstreamError } from '@sealstream/contracts';

import type { Caller } from './caller.ts';
import type { ToldAccess } from './told-access.ts';

const ID_BYTES = 12;

/** A request that waits for a second person or for its use. */
export interface OpenApproval {
  readonly id: string;
  readonly approval: Exclude<Approval, { readonly state: 'used' }>;
}

/** An approval that was used for a request. */
export interface UsedApproval {
  readonly id: string;
  readonly by: string;
}

export interface SecondPersonsOptions {
  readonly accounts: Pick<Accounts, 'approvals' | 'users'>;
  readonly rules: () => AccessRules | undefined;
  readonly told: Pick<ToldAccess, 'approval'>;
  readonly now?: () => number;
}

/**
 * What needs a second person: asked for, approved, and used once.
 *
 * Promises: an approval covers one person's very request, its digest made anew at each step; of all who
 * use one at the same time one does; each step is on the audit log before anybody is told of it.
 */
export class SecondPersons {
  readonly #options: SecondPersonsOptions;

  constructor(options: SecondPersonsOptions) {
    this.#options = options;
  }

  /**
   * Asks for an approval, or finds the one that was asked for before.
   *
   * @throws SealstreamError TOO_MANY_REQUESTS when the person waits for too many, REQUEST_INVALID,
   *   KAFKA_UNREACHABLE, REDIS_*
   */
  async ask(caller: Caller, request: ApprovalRequest): Promise<OpenApproval> {
    const open = await this.open();
    const digest = approvalDigest(request);
    const known = open.find(({ approval }) => approval.digest === digest);
    if (known !== undefined) return known;
    const mine = open.filter(({ approval }) => approval.request.person === request.person);
    // The store counts them, too; here an event is spared.
    if (mine.length >= APPROVALS_OF_ONE_MAX)
      throw new SealstreamError('TOO_MANY_REQUESTS', { approvals: mine.length });
    const step = askApproval(request, this.#now());
    if ('problem' in step || step.next.state !== 'open')
      throw new SealstreamError('REQUEST_INVALID', { at: 'request', rule: 'no canonical form' });
    const id = randomBytes(ID_BYTES).toString('hex');
    await this.#told('approval-asked', caller, id, step.next);
    await this.#options.accounts.approvals.put(id, documentOf(step.next), request.person);
    return { id, approval: step.next };
  }

  /** Those that nobody used, those that lapse first first. */
  async open(): Promise<readonly OpenApproval[]> {
    const kept = await this.#options.accounts.approvals.listOpen();
    return kept.map((one) => ({ id: one.id, approval: approvalOf(one) }));
  }

  /**
   * Approves what was asked for.
   *
   * @param seen digest of what the approver was shown
   * @throws SealstreamError APPROVAL_UNKNOWN, APPROVAL_REFUSED with why, KAFKA_UNREACHABLE, REDIS_*
   */
  async approve(id: string, seen: string, caller: Caller): Promise<OpenApproval> {
    const { approvals } = this.#options.accounts;
    const kept = await this.#kept(id);
    const approval = approvalOf(kept);
    const { by: way } = caller;
    const by = way === 'api-key' || way === 'certificate' ? way : 'person';
    const { account, person } = caller;
    const approver = { person, account, by, roles: await this.#grantsOf(caller) } as const;
    const at = { nowMs: this.#now(), rules: this.#options.rules() };
    const step = kept.used ? USED : approve(approval, approver, seen, at);
    if ('problem' in step) throw await this.#refused(caller, id, approval, step.problem);
    await this.#told('approval-given', caller, id, approval);
    await once(id, approvals.replace(id, kept.version, documentOf(step.next)));
    return { id, approval: approvalOf({ document: documentOf(step.next) }) };
  }

  /**
   * Uses an approval up, right before what it allows is done.
   *
   * @throws SealstreamError APPROVAL_UNKNOWN, APPROVAL_REFUSED with why, KAFKA_UNREACHABLE, REDIS_*
   */
  async use(id: string, caller: Caller, request: ApprovalRequest): Promise<UsedApproval> {
    const kept = await this.#kept(id);
    const approval = approvalOf(kept);
    const at = { nowMs: this.#now(), approver: await this.#approverOf(approval) };
    const step = kept.used ? USED : useApproval(approval, request, at);
    if ('problem' in step) throw await this.#refused(caller, id, approval, step.problem);
    if (step.next.state !== 'used') throw new SealstreamError('INTERNAL', { what: 'approval' });
    const { approvals } = this.#options.accounts;
    await once(id, approvals.useOnce(id, kept.version, approval.request.person));
    await this.#told('approval-used', caller, id, approval);
    return { id, by: step.next.approvedBy };
  }

  async #approverOf(approval: OpenApproval['approval']): Promise<User | undefined> {
    if (approval.state !== 'approved') return undefined;
    return this.#options.accounts.users.find(approval.approvedAs);
  }

  async #kept(id: string): Promise<Kept> {
    const kept = await this.#options.accounts.approvals.get(id);
    if (kept === undefined) throw new SealstreamError('APPROVAL_UNKNOWN', { approval: id });
    return kept;
  }

  async #refused(caller: Caller, id: string, approval: Approval, why: ApprovalProblem) {
    await this.#told('approval-refused', caller, id, approval, { why });
    return refusal(id, why);
  }

  /** The roles as they were given; one that was not given here, but by who signed them in, is old. */
  async #grantsOf({ account, roles }: Caller): Promise<readonly RoleGrant[]> {
    const user = await this.#options.accounts.users.get(account);
    return roles.map(
      (role) => user.roles.find((one) => one.role === role) ?? { role, by: '', atMs: 0 },
    );
  }

  #told(
    type: Parameters<ToldAccess['approval']>[0],
    caller: Caller,
    id: string,
    { digest, request }: Approval,
    more: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const { action, person } = request;
    const about = { approval: id, action, askedBy: person, digest };
    return this.#options.told.approval(type, caller, { ...about, ...more });
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

const USED = { problem: 'used' } as const;

function refusal(id: string, why: ApprovalProblem): SealstreamError {
  const hint = `Of this one: ${APPROVAL_PROBLEMS[why]}.`;
  return new SealstreamError('APPROVAL_REFUSED', { approval: id, why }, hint);
}

/** Whoever was quicker has changed or used it. */
async function once<T>(id: string, change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    const isLost = error instanceof SealstreamError && error.code === 'ACCOUNT_CONFLICT';
    throw isLost ? refusal(id, 'used') : error;
  }
}

function documentOf(approval: Approval): Kept['document'] {
  return JSON.parse(JSON.stringify(approval)) as Kept['document'];
}

/** That it was used stands beside the document, so none of them says so. */
function approvalOf({ document }: Pick<Kept, 'document'>): OpenApproval['approval'] {
  const read = readApproval(document);
  if (read !== undefined && read.state !== 'used') return read;
  throw new SealstreamError('ACCOUNT_UNREADABLE', { kind: 'approval' });
}
