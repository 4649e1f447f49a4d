import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '@sealstream/contracts';
import { STATE } from '../stack/paths.ts';
import type { ProcessRecord } from '../stack/processes.ts';

/** Everything that one demo has on disk, beside the data of its servers. */
export interface DemoPlace {
  readonly id: string;
  readonly root: string;
  readonly policyFile: string;
  readonly logs: string;
  /** The folder for temporary files of every process of the demo. */
  readonly tmp: string;
  readonly audit: string;
  /** All key files, as the operator has them. */
  readonly keys: string;
  /** Epoch keys of subjects. */
  readonly epochs: string;
  /** What one service may read of them. */
  keysOf(service: ServiceName): string;
}

/** @param kind what the folder is called after; a demo unless told */
export function demoPlace(id: string, kind = 'demo'): DemoPlace {
  if (!/^[0-9a-f]{6}$/.test(id)) throw new Error(`the id of a ${kind} is six hex digits`);
  const root = join(STATE, `${kind}-${id}`);
  return {
    id,
    root,
    policyFile: join(root, 'sealstream.yaml'),
    logs: join(root, 'logs'),
    tmp: join(root, 'tmp'),
    audit: join(root, 'audit'),
    keys: join(root, 'keys', 'operator'),
    epochs: join(root, 'epochs'),
    keysOf: (service) => join(root, 'keys', service),
  };
}

export function makePlace(place: DemoPlace): void {
  for (const directory of [place.root, place.logs, place.tmp])
    mkdirSync(directory, { recursive: true, mode: 0o700 });
}

/** Removes everything, or all but what tells why a run failed. */
export function clearPlace(place: DemoPlace, keepEvidence: boolean): void {
  if (!keepEvidence) rmSync(place.root, { recursive: true, force: true, maxRetries: 5 });
  else
    for (const name of readdirSync(place.root))
      if (!['logs', 'audit'].includes(name))
        rmSync(join(place.root, name), { recursive: true, force: true, maxRetries: 5 });
}

/** What a demo that was kept needs to be ended later. */
export interface KeptDemo {
  readonly processes: readonly ProcessRecord[];
  /** Of the names on the user's own servers; '' on servers of the demo's own. */
  readonly namePrefix: string;
}

const keptFile = (place: DemoPlace) => join(place.root, 'kept.json');

export function writeKept(place: DemoPlace, kept: KeptDemo): void {
  writeFileSync(keptFile(place), JSON.stringify(kept), { mode: 0o600 });
}

/** Undefined when there is no such demo. */
export function readKept(place: DemoPlace): KeptDemo | undefined {
  try {
    return JSON.parse(readFileSync(keptFile(place), 'utf8')) as KeptDemo;
  } catch {
    return undefined;
  }
}
