import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { Consumer } from '../../packages/keyring/test/grant-fixture.ts';
import type { Answered, Credentials, RunningAccess } from './running-access.ts';
import { until } from './running-flow.ts';
import type { Answer, requestsOf } from './second-person.ts';

// Who looks after keys and persons in tests, and a policy in which each kind of their work has something to do.

/** A person, a name in the token vault, and a card that outlives its person. */
export const KEPT = `version: 1
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
      /card: { type: string, mask: redact, encrypt: seal, survivesShred: true }
access:
  purposes:
    fraud: { meaning: A reported fraud is looked into., reference: none }
  roles:
    keeper:
      meaning: Looks after keys and persons.
      allow:
        - actions: [keys.read, keys.rotate, keys.rewrap, keys.move, keys.destroy, keys.destroy-forced]
          datasets: [people]
        - { actions: [subjects.read, subjects.shred, subjects.re-enrol], datasets: [people] }
        - { actions: [grants.read, grants.create, grants.revoke], datasets: [people] }
        - { actions: [reveal], datasets: [people], fields: ['*'], purposes: [fraud] }
        - { actions: [seal, tokenise], datasets: [people], fields: ['*'], quota: { values: 1000, per: day } }
    clerk:
      meaning: Looks up whether people are known, and not many of them.
      allow:
        - { actions: [subjects.read], datasets: [people], quota: { values: 3, per: day } }
    granter:
      meaning: Lets a consumer open fields, and asks for keys under a grant.
      allow:
        - { actions: [grants.create], datasets: [people] }
        - { actions: [keys.resolve] }
    checker:
      meaning: Approves.
      allow:
        - { actions: [approvals.decide] }
`;
export const KIM = { basic: 'kim:seventeen brown chairs stand' };
export const MAX = { basic: 'max:fifteen green bottles fall' };
export const GIL = { basic: 'gil:eleven warm stones rest' };
export const LEE = { basic: 'lee:nineteen black tables wobble' };
/** Of the first person. */
export const SSN = '900-11-4711';
export const NAME = 'Maria Canary';
export const CARD = '4556737586899855';
export const recordOf = (ssn: string) =>
  Buffer.from(JSON.stringify({ ssn, name: NAME, card: CARD }));
export const PEOPLE = '/v1/datasets/people';

/** Gives each an account with their role. */
export async function enrol(access: Pick<RunningAccess, 'user'>): Promise<void> {
  const roles = { keeper: KIM, checker: LEE, clerk: MAX, granter: GIL };
  for (const [role, { basic }] of Object.entries(roles)) {
    const [name = '', password] = basic.split(':');
    await access.user(name, password, role);
  }
}

/** Id of the key that a token was sealed under. */
export const keyOf = (token: string) => token.split(':')[1] ?? '';
export const changesOf = ({ json }: Answer) => json['changes'] as Record<string, unknown>[];

/** What Kim asks of values, at the service that `call` asks. */
export function valuesOf(
  call: (who: Credentials, line: string, body?: unknown) => Promise<Answer>,
) {
  async function sealCard(): Promise<string> {
    const values = [{ path: '/card', value: CARD }];
    const { json } = await call(KIM, `POST ${PEOPLE}/seal`, { values });
    return (json['values'] as { token: string }[])[0]?.token ?? '';
  }

  /** What a token reveals: the value, or a code. */
  async function revealed(path: string, token: string): Promise<unknown> {
    const body = { purpose: 'fraud', values: [{ path, token }] };
    const { json } = await call(KIM, `POST ${PEOPLE}/reveal`, body);
    const [one] = json['values'] as { value?: string; code?: string }[];
    return one?.value ?? one?.code;
  }

  /** What a value of this person becomes on the masked and on the encrypted topic: texts, or codes. */
  async function madeOf(subject: string): Promise<unknown[]> {
    const name = { value: NAME, subject };
    const masked = await call(KIM, `POST ${PEOPLE}/tokenise`, { path: '/name', values: [name] });
    const values = [
      { path: '/name', ...name },
      { path: '/card', value: CARD, subject },
    ];
    const tokens = await call(KIM, `POST ${PEOPLE}/seal`, { values });
    const all = [masked, tokens].flatMap(({ json }) => json['values'] as Record<string, string>[]);
    return all.map(({ code, masked: mask, token }) => code ?? mask ?? token);
  }

  return { madeOf, revealed, sealCard };
}

/** What a consumer gets of a key under a grant, and how often the audit log says that keys were given. */
export async function resolvedUnder(
  { call, events }: Pick<ReturnType<typeof requestsOf<Answered>>, 'call' | 'events'>,
  consumer: Consumer,
  grant: string,
  keyId: string,
) {
  const keys = [keyId, 'AAAAAAAAAAAA'].map((one) => ({ keyId: one, path: '/ssn' }));
  const nonce = randomBytes(16).toString('base64url');
  const asking = await call(GIL, 'POST /v1/keys/resolve', { grant, nonce, keys });
  expect([asking.status, Object.keys(asking.json)]).toEqual([200, ['sealed']]);
  const id = asking.headers.get('x-request-id');
  const own = async () => (await events()).filter(({ details }) => details['request'] === id);
  await until(async () => (await own()).length === 2);
  const told = (await own()).map(({ details, type }) => ({
    type,
    values: details['values'],
    given: details['given'],
  }));
  return { told, answer: await consumer.answer({ sealed: String(asking.json['sealed']) }) };
}
