import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/**
 * Somebody between us and a provider on 127.0.0.1: hands on every request and answer as it is, but for
 * the ID tokens of the token endpoint.
 */
export class TokenTamperer {
  readonly origin: string;
  tamper: (idToken: string) => string = (idToken) => idToken;
  /** How many ID tokens were changed. */
  tampered = 0;
  readonly #target: string;
  readonly #stop: () => void;

  private constructor(origin: string, target: string, stop: () => void) {
    this.origin = origin;
    this.#target = target;
    this.#stop = stop;
  }

  static async start(target: string): Promise<TokenTamperer> {
    const server = createServer((asked, answer) => tamperer.#handOn(asked, answer));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a server without a port');
    const tamperer = new TokenTamperer(`http://127.0.0.1:${address.port}`, target, () => {
      server.close();
      server.closeAllConnections();
    });
    return tamperer;
  }

  stop(): void {
    this.#stop();
  }

  #handOn(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, headers, url = '' } = asked;
    const sent = request(`${this.#target}${url}`, { method, headers }, (response) => {
      const isToken = url.endsWith('/token');
      if (!isToken) {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
        return;
      }
      void this.#handBack(response, answer);
    });
    sent.on('error', () => answer.destroy());
    asked.pipe(sent);
  }

  async #handBack(response: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await text(response);
    const { 'content-length': _length, ...others } = response.headers;
    answer.writeHead(response.statusCode ?? 502, others);
    answer.end(this.#changed(body));
  }

  #changed(body: string): string {
    const idToken = /"id_token":"([^"]+)"/.exec(body)?.[1];
    if (idToken === undefined) return body;
    const other = this.tamper(idToken);
    if (other !== idToken) this.tampered += 1;
    return body.replace(idToken, other);
  }
}
