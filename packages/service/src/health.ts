/** What /readyz answers. */
export interface HealthReport {
  readonly ready: boolean;
  readonly waitsFor: readonly { readonly name: string; readonly why: string }[];
}

/**
 * Whether a process can do its work, and if not, what it waits for.
 *
 * Promises: it is ready only while nothing is waited for; a why is a code or a constant text.
 */
export class Health {
  readonly #waits = new Map<string, string>();
  #broken: string | undefined;

  /** From now on not ready, until met(name). Calling it again changes the reason. */
  waitFor(name: string, why: string): void {
    this.#waits.set(name, why);
  }

  met(name: string): void {
    this.#waits.delete(name);
  }

  /** The process cannot recover by itself: /livez fails from here on, so that it is restarted. */
  fail(code: string): void {
    this.#broken = code;
  }

  /** The code given to fail, or undefined while the process is sound. */
  get broken(): string | undefined {
    return this.#broken;
  }

  report(): HealthReport {
    const waitsFor = [...this.#waits].map(([name, why]) => ({ name, why }));
    return { ready: waitsFor.length === 0 && this.#broken === undefined, waitsFor };
  }
}
