import type { PlainEvent } from '@sealstream/contracts';
import { auditEventOf } from '@sealstream/service';

/** So many accesses are remembered: the newest. */
const MOST = 20_000;
/** The oldest go so many together: each alone would move all that are left. */
const GO_TOGETHER = 1000;
/** More than an emitter sends together. */
const RESENT_MAX = 2000;

const TYPES = {
  'access-ordered': 'ordered',
  'access-done': 'done',
  'access-denied': 'denied',
  'signed-in': 'signed-in',
  'sign-in-refused': 'sign-in-refused',
  'signed-out': 'signed-out',
} as const;
type Kind = (typeof TYPES)[keyof typeof TYPES];

/** Who asked for what, and what came of it. */
export interface ShownAccess {
  readonly at: string;
  readonly type: Kind;
  readonly account: string;
  readonly person: string;
  readonly action: string;
  readonly dataset?: string;
  /** Name of what it was done to, where that is no field. */
  readonly target?: string;
  readonly paths?: readonly string[];
  readonly purpose?: string;
  readonly reference?: string;
  /** Most that could be given, as ordered. */
  readonly values?: number;
  /** What was given in truth. */
  readonly given?: number;
  readonly rule?: string;
  /** Why it was denied. */
  readonly reasons?: string;
  /** Code of what failed. */
  readonly failed?: string;
  readonly request: string;
  readonly outcome: 'done' | 'failed' | 'open';
}

/** The last access of a page, behind which the next one begins. */
export interface AccessPlace {
  readonly at: number;
  readonly offset: string;
}

interface Kept {
  readonly atMs: number;
  readonly offset: bigint;
  access: ShownAccess;
}

export interface AccessFilter {
  readonly dataset?: string | undefined;
  readonly person?: string | undefined;
}

/**
 * What stands on audit.events.access, each order joined with its outcome by the request's id.
 *
 * Promises: every order is an access of its own, whatever id its caller gave it; one of plaintext or a
 * change without an outcome is `open`: it may have been carried out. Holds the newest twenty thousand. Pure.
 */
export class AccessBook {
  readonly #kept: Kept[] = [];
  /** Orders that wait for their outcome, by account, action and request. A caller may use one id again. */
  readonly #waiting = new Map<string, Kept[]>();
  /** Ids of the newest events, and of those before; the older half goes at once. */
  #seen = new Set<string>();
  #seenBefore = new Set<string>();
  /** So many of the first are forgotten, and only not yet taken out. */
  #gone = 0;
  #isWhole = true;

  /** Whether nothing that was taken was forgotten. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  take({ offset, value }: { readonly offset: bigint; readonly value: Buffer | null }): void {
    const event = auditEventOf(value);
    if (event === null || event.type === 'batch' || !(event.type in TYPES)) return;
    const kind = TYPES[event.type as keyof typeof TYPES];
    const access = accessOf(kind, event);
    if (this.#isResent(event)) return;
    const order = kind === 'done' ? this.#takeOrder(access) : undefined;
    if (order !== undefined) {
      order.access = joined(order.access, access);
      return;
    }
    const kept = { atMs: Date.parse(event.time), offset, access };
    this.#kept.push(kept);
    if (access.outcome === 'open') this.#await(kept);
    if (this.#kept.length - this.#gone > MOST) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const oldest = this.#kept[this.#gone];
    if (oldest?.access.outcome === 'open') this.#takeOrder(oldest.access);
    this.#isWhole = false;
    this.#gone += 1;
    if (this.#gone < GO_TOGETHER) return;
    this.#kept.splice(0, this.#gone);
    this.#gone = 0;
  }

  /** The same bytes are sent again while nobody knows whether they arrived; that is no second access. */
  #isResent({ emitter, number, time }: PlainEvent): boolean {
    const id = `${emitter} ${number} ${time}`;
    if (this.#seen.has(id) || this.#seenBefore.has(id)) return true;
    this.#seen.add(id);
    if (this.#seen.size < RESENT_MAX) return false;
    this.#seenBefore = this.#seen;
    this.#seen = new Set();
    return false;
  }

  #await(kept: Kept): void {
    const name = nameOf(kept.access);
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) this.#waiting.set(name, [kept]);
    else waiting.push(kept);
  }

  /** The oldest order that an outcome can be of; it waits no longer. */
  #takeOrder(access: ShownAccess): Kept | undefined {
    const name = nameOf(access);
    const waiting = this.#waiting.get(name);
    const order = waiting?.shift();
    if (waiting?.length === 0) this.#waiting.delete(name);
    return order;
  }

  /**
   * The newest first, in the order of the topic: clocks of replicas differ. `next` where there are more;
   * behind a place that is forgotten there is none.
   */
  page(
    { dataset, person }: AccessFilter,
    limit: number,
    after?: AccessPlace,
  ): { readonly items: ShownAccess[]; readonly next?: AccessPlace } {
    const items: ShownAccess[] = [];
    let last: Kept | undefined;
    let isBehind = after === undefined;
    for (const kept of this.#kept.slice(this.#gone).toReversed()) {
      const { access } = kept;
      if (!isBehind) {
        isBehind = after !== undefined && isAt(kept, after);
        continue;
      }
      if ((dataset ?? access.dataset) !== access.dataset) continue;
      if ((person ?? access.person) !== access.person) continue;
      if (items.length === limit && last !== undefined)
        return { items, next: { at: last.atMs, offset: String(last.offset) } };
      items.push(access);
      last = kept;
    }
    return { items };
  }
}

function nameOf({ account, action, request }: ShownAccess): string {
  return JSON.stringify([account, action, request]);
}

function isAt({ atMs, offset }: Kept, place: AccessPlace): boolean {
  return atMs === place.at && offset === BigInt(place.offset);
}

/** Outcomes of what needs none: a read is told once, before its answer. */
function outcomeOf(kind: Kind, { details }: PlainEvent): ShownAccess['outcome'] {
  if (kind === 'denied' || kind === 'sign-in-refused') return 'failed';
  if (kind === 'ordered') return details['told'] === 'read' ? 'done' : 'open';
  return details['failed'] === undefined ? 'done' : 'failed';
}

function accessOf(kind: Kind, event: PlainEvent): ShownAccess {
  const { actor, dataset, details, time } = event;
  const text = (name: string) => {
    const value = details[name];
    return value === undefined ? {} : { [name]: String(value) };
  };
  const count = (name: string) => {
    const value = details[name];
    return typeof value === 'number' ? { [name]: value } : {};
  };
  const { action = kind, paths, person = '', request = '' } = details;
  return {
    at: time,
    type: kind,
    account: actor,
    person: String(person),
    action: String(action),
    ...(dataset === undefined ? {} : { dataset }),
    ...(paths === undefined ? {} : { paths: String(paths).split(',') }),
    ...text('target'),
    ...text('purpose'),
    ...text('reference'),
    ...count('values'),
    ...count('given'),
    ...text('rule'),
    ...text('reasons'),
    ...text('failed'),
    request: String(request),
    outcome: outcomeOf(kind, event),
  };
}

/** The order, with what its outcome says. */
function joined(order: ShownAccess, done: ShownAccess): ShownAccess {
  const { failed, given, outcome } = done;
  return {
    ...order,
    type: 'done',
    ...(given === undefined ? {} : { given }),
    ...(failed === undefined ? {} : { failed }),
    outcome,
  };
}
