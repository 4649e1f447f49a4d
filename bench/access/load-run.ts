import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startProgram } from '../ground/measured-program.ts';
import { MEASURING, type RequestFigures, type RequestLoad } from './load-form.ts';

const PROGRAM = join(import.meta.dirname, 'programs', 'request-load.ts');

/**
 * Runs a load in a process of its own.
 *
 * @param onMeasuring called when its warm-up is over
 */
export async function runLoad(
  { at, body, fromMany = false, headers, seconds, url, warmSeconds }: RequestLoad,
  onMeasuring: () => Promise<void> = async () => undefined,
): Promise<RequestFigures> {
  const load: RequestLoad = { at, body, fromMany, headers, seconds, url, warmSeconds };
  const child = startProgram(PROGRAM, load);
  let last = '';
  if (child.process.stdout !== null)
    for await (const line of createInterface(child.process.stdout)) {
      if (line === MEASURING) await onMeasuring();
      else last = line;
    }
  if ((await child.exited) !== 0) throw new Error(`the load failed:\n${child.said()}`);
  return JSON.parse(last) as RequestFigures;
}
