import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FaultClient } from './fault-client.ts';

interface Question {
  readonly id: number;
  readonly method: keyof FaultClient;
  readonly input: readonly unknown[];
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Answers the questions of the process that started this one, until it goes away. */
export function serve(client: FaultClient): void {
  process.on('message', ({ id, method, input }: Question) => {
    const asked = Reflect.apply(client[method], client, input) as Promise<unknown>;
    asked.then(
      (result) => process.send?.({ id, result }),
      (error: unknown) => process.send?.({ id, error: String(error) }),
    );
  });
  process.on('disconnect', () => process.exit(0));
}

/** A client in a process of its own. */
export interface RemoteClient extends FaultClient {
  /** Ends the process. */
  stop(): Promise<void>;
}

/** Starts a program that serves a client. */
export function startClient(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): RemoteClient {
  const child = spawn(
    process.execPath,
    ['--conditions=sealstream-source', '--disable-warning=ExperimentalWarning', program, ...args],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    },
  );
  const questions = new Questions(child);
  return new Proxy({ stop: () => questions.stop() } as RemoteClient, {
    get: (own, method) =>
      Reflect.has(own, method) || typeof method !== 'string' || method === 'then'
        ? Reflect.get(own, method)
        : (...input: unknown[]) => questions.ask(method as keyof FaultClient, input),
  });
}

class Questions {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #gone: Promise<unknown>;
  #said = '';
  #last = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#gone = once(child, 'close');
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4000);
    });
    child.on('message', ({ id, result, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    child.on('close', (code) => {
      const error = new Error(`the client ended with ${code}:\n${this.#said}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  ask(method: keyof FaultClient, input: readonly unknown[]): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    const id = (this.#last += 1);
    this.#waiting.set(id, waiting);
    this.#child.send({ id, method, input } satisfies Question, (error) => {
      if (error !== null) waiting.reject(new Error(`the client is gone:\n${this.#said}`));
    });
    return waiting.promise;
  }

  /** Ends the process at once: what it holds open is the broker's to clear up. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}
