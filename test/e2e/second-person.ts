import { PlainEvent } from '@sealstream/contracts';
import { expect } from 'vitest';
import type { Answered, Credentials } from './running-access.ts';
import type { RunningFlow } from './running-flow.ts';

/** As much of an answer as is looked at here. */
export type Answer = Pick<Answered, 'json' | 'status' | 'text'>;

/** A service that runs, and the flow whose audit log it writes to. */
interface Running<A extends Answer> {
  readonly access: {
    ask(
      method: string,
      path: string,
      credentials: Credentials,
      body?: unknown,
      headers?: Readonly<Record<string, string>>,
    ): Promise<A>;
  };
  readonly flow: Pick<RunningFlow, 'readAll'>;
}

/** Roles of those who look after accounts, and of those who agree. */
export const ADMINISTERED = `version: 1
datasets:
  people:
    revision: 1
    format: json
    subject: /ssn
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    required: [/ssn]
    fields:
      /ssn:  { type: string, mask: redact, encrypt: seal }
      /name: { type: string, mask: tokenise, equalityOracle: { accepted: a test }, encrypt: seal }
access:
  roles:
    administrator:
      meaning: Makes accounts, gives roles, and looks after keys.
      allow:
        - { actions: [accounts.read, accounts.write, accounts.credentials, roles.assign] }
        - { actions: [approvals.decide] }
        - { actions: [policy.read] }
        - { actions: [grants.read, grants.create, grants.revoke], datasets: [people] }
        - { actions: [keys.rotate, subjects.read, subjects.shred], datasets: [people] }
    reader:
      meaning: Reads the policy.
      allow:
        - { actions: [policy.read] }
    checker:
      meaning: Approves.
      allow:
        - { actions: [approvals.decide] }
`;

export const asked = (answer: Answer) => [answer.status, answer.json['code'] ?? 'none'];
export const placeOf = ({ json }: Answer) => json['place'] as Record<string, string>;
export const any = { 'if-match': '*' };

/** Ways to ask a running service, alone and with a second person. */
export function requestsOf<A extends Answer>(running: () => Running<A>) {
  const call = (
    who: Credentials,
    line: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const [method = '', path = ''] = line.split(' ');
    return running().access.ask(method, path, who, body, headers);
  };
  const approve = (who: Credentials, { approval, digest }: Record<string, string>) =>
    call(who, `POST /v1/approvals/${approval}/approve`, { digest });

  /** Has one person ask and another agree, and sends the same again. */
  async function together(
    asker: Credentials,
    other: Credentials,
    line: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<A> {
    const first = await call(asker, line, body, headers);
    expect(asked(first)).toEqual([403, 'APPROVAL_NEEDED']);
    const place = placeOf(first);
    expect((await approve(other, place)).status).toBe(200);
    const approval = { 'x-sealstream-approval': place['approval'] ?? '' };
    return call(asker, line, body, { ...headers, ...approval });
  }

  async function events(): Promise<PlainEvent[]> {
    const records = await running().flow.readAll('audit.events.access');
    return records.flatMap(({ value }) => {
      const event = PlainEvent.safeParse(JSON.parse(String(value)));
      return event.success ? [event.data] : [];
    });
  }

  return { approve, call, events, together };
}
