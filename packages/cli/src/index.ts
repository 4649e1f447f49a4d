/**
 * cli: the command `sealstream`.
 *
 * Promises: results on stdout and all else on stderr; exit code 0 done, 1 finding or bad record,
 * 2 usage or policy, 3 server or tool missing; every error names its code, its place and what
 * mends it, and never a value of a record or a key; nothing that stands is overwritten; whoever
 * reads protected data is on the audit log before the first byte is shown.
 */
export { type CommandFacts, factsOf } from './command.ts';
export { EXIT, type ExitCode } from './exit-codes.ts';
export { sealstreamProgram } from './program.ts';
export { runSealstream } from './run.ts';
export type { OutStream, Surroundings } from './terminal.ts';
