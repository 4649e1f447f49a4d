import { randomBytes } from 'node:crypto';
import { vkeyPath } from '@sealstream/audit-log';
import { type Accounts, ADMINISTRATOR, openAccounts } from '@sealstream/accounts';
import type { ServiceProcess } from '../../tools/demo/service-processes.ts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import type { RunningFlow } from './running-flow.ts';

/** Settings with which access reads the audit log that the flow's own audit service writes. */
export function auditLogOf({ keys, place }: RunningFlow): Record<string, string> {
  return {
    SEALSTREAM_AUDIT_DIR: place.audit,
    SEALSTREAM_AUDIT_VKEY_FILE: vkeyPath(keys.auditKeyFile),
  };
}

const nothing = () => undefined;
const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Who sends a request. */
export type Credentials = { readonly basic: string } | { readonly bearer: string } | undefined;

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** The access service of a flow, and a way into its accounts. */
export class RunningAccess {
  readonly service: ServiceProcess;
  readonly base: string;
  readonly accounts: Accounts;

  private constructor(service: ServiceProcess, base: string, accounts: Accounts) {
    this.service = service;
    this.base = base;
    this.accounts = accounts;
  }

  static async start(
    flow: RunningFlow,
    redisUrl: string,
    more: Readonly<Record<string, string>> = {},
    { isNew = false }: { readonly isNew?: boolean | undefined } = {},
  ): Promise<RunningAccess> {
    const [free = 0] = await freePorts(1);
    // One that was chosen before, where others must know it: a provider sends browsers back to it.
    const { SEALSTREAM_ACCESS_PORT: port = String(free) } = more;
    const service = await flow.start('access', {
      SEALSTREAM_ACCESS_PORT: port,
      SEALSTREAM_ACCESS_SECRET: randomBytes(32).toString('base64url'),
      ...more,
    });
    const accounts = await openAccounts({ redisUrl, prefix: flow.namePrefix, logger: quiet });
    const scheme = 'SEALSTREAM_ACCESS_TLS_CERT_FILE' in more ? 'https' : 'http';
    const running = new RunningAccess(service, `${scheme}://127.0.0.1:${port}`, accounts);
    // Until two people are administrators nobody does anything.
    for (const name of isNew ? [] : ['admin-one', 'admin-two'])
      await running.user(name, undefined, ADMINISTRATOR);
    return running;
  }

  /** A user with these roles and a password, or none. */
  async user(name: string, password: string | undefined, ...roles: string[]): Promise<void> {
    const { users } = this.accounts;
    const bytes = password === undefined ? undefined : new Uint8Array(Buffer.from(password));
    await users.create({ name, person: name, password: bytes });
    for (const role of roles) await users.grantRole(name, role, 'test');
  }

  ask(
    method: string,
    path: string,
    credentials: Credentials,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answered> {
    return this.askAt(this.base, method, path, credentials, body, headers);
  }

  /** The same of another replica. */
  async askAt(
    base: string,
    method: string,
    path: string,
    credentials: Credentials,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answered> {
    const answer = await fetch(`${base}${path}`, {
      method,
      headers: {
        ...authorization(credentials),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const json = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    return { status: answer.status, headers: answer.headers, text, json };
  }

  async close(): Promise<void> {
    await this.accounts.stop();
  }
}

/** The header that says who asks; none for nobody. */
export function authorization(credentials: Credentials): { readonly authorization?: string } {
  if (credentials === undefined) return {};
  const text =
    'basic' in credentials
      ? `Basic ${Buffer.from(credentials.basic).toString('base64')}`
      : `Bearer ${credentials.bearer}`;
  return { authorization: text };
}
