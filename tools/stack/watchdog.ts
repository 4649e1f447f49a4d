// Ends and purges a stack when the process that it was started for is gone, however it went.
// Arguments: name of the stack, record of the process (JSON).
import { setTimeout as sleep } from 'node:timers/promises';
import { type ProcessRecord, runs } from './processes.ts';
import { stopStack } from './stack.ts';
import { readState } from './state.ts';

const PAUSE_MS = 500;

const [name = '', owner = '{}'] = process.argv.slice(2);
const watched = JSON.parse(owner) as ProcessRecord;
// The first look comes after a pause: only then has the starter written this process down.
do await sleep(PAUSE_MS);
while (runs(watched) && readState(name)?.watchdog?.pid === process.pid);
if (readState(name)?.watchdog?.pid === process.pid) await stopStack(name, true);
