import type { CliConfig } from './cli-settings.ts';
import type { Terminal } from './terminal.ts';

/** What a command works with beside its own options. */
export interface Context {
  readonly terminal: Terminal;
  /** The command that runs, as `users create`. */
  readonly command: string;
  /** The settings, read when first asked for. Throws CONFIG_INVALID. */
  config(): CliConfig;
  /** Aborted at Ctrl-C or SIGTERM; asking for it takes these signals from Node. */
  interrupted(): AbortSignal;
}
