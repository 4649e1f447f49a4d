import { freePorts } from '../../tools/stack/free-ports.ts';
import type { ServiceProcess } from '../../tools/demo/service-processes.ts';
import { HttpAttempts } from './http-attempts.ts';
import { authorization, type Credentials } from './running-access.ts';
import type { Answer } from './second-person.ts';
import type { SecureFlow } from './secure-flow.ts';

type Settings = Readonly<Record<string, string>>;

/** The access service of a secure flow, asked over TLS. */
export class SecureAccess {
  readonly service: ServiceProcess;
  readonly #http: HttpAttempts;

  private constructor(service: ServiceProcess, http: HttpAttempts) {
    this.service = service;
    this.#http = http;
  }

  /**
   * Starts it and waits until it is ready.
   *
   * @param user as whom it signs in at Kafka
   */
  static async start(flow: SecureFlow, user: string, more: Settings = {}): Promise<SecureAccess> {
    const [port = 0] = await freePorts(1);
    const signIn = { ...flow.users.kafkaSettings(user), SEALSTREAM_ACCESS_PORT: String(port) };
    const service = await flow.start('access', signIn, { more });
    return new SecureAccess(service, new HttpAttempts(port, flow.users.ca));
  }

  async ask(
    method: string,
    path: string,
    credentials: Credentials,
    body?: unknown,
    headers: Settings = {},
  ): Promise<Answer> {
    const given = body === undefined ? undefined : JSON.stringify(body);
    const { authorization: who } = authorization(credentials);
    const { status, text } = await this.#http.ask({ method, path, headers, body: given }, who);
    const json = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    return { status, text, json };
  }
}
