import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Apicurio } from '../../../tools/stack/apicurio.ts';
import { Line } from '../../keyring/test/keyring-fixture.ts';

/** A schema registry of our own on this machine, behind a line that can be cut. */
export interface LocalRegistry {
  readonly apicurio: Apicurio;
  readonly line: Line;
  /** Where the line begins. */
  readonly url: string;
  /** Sends a request past the line, and gives the status and what was answered. */
  ask(method: string, path: string, body?: object): Promise<{ status: number; answer: unknown }>;
  close(): Promise<void>;
}

export async function startRegistry(): Promise<LocalRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'sealstream-registry-'));
  const say = (text: string) => process.stderr.write(`sealstream: ${text}\n`);
  const apicurio = await Apicurio.start(folder, say);
  const line = new Line(apicurio.url);
  return {
    apicurio,
    line,
    url: await line.open(),
    async ask(method, path, body) {
      const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
      const answered = await fetch(`${apicurio.url}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answered.status, answer: await answered.json() };
    },
    async close() {
      line.close();
      await apicurio.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
