import type { ServerName, StackState } from './state.ts';

export interface StackOptions {
  /** 1 to 41 of a-z, 0-9 and -. Stacks of different names run side by side. */
  readonly name: string;
  /** Broker settings on top of ours, such as log.retention.check.interval.ms for quick tests. */
  readonly kafkaProperties?: Readonly<Record<string, string>>;
  /**
   * One broker unless told. Three have replication 3, min.insync.replicas 2, no unclean election,
   * three voters, and a listener of their own for what they tell each other; java only.
   */
  readonly brokers?: 1 | 3;
  /** Of each broker, the address (host:port) that clients are told instead of its own: a proxy's. */
  readonly advertised?: readonly string[];
  /**
   * Every link on TLS, users of their own with the rights of `sealstream kafka acls plan` still to be
   * given, no plaintext port; one broker, java only. secureFiles(root) has certificates and passwords.
   */
  readonly secure?: boolean;
  /** Flags of the broker's Java; LEAN_JAVA unless told. */
  readonly javaFlags?: readonly string[];
  /** Called once the state is written and before anything is started. */
  readonly onWritten?: () => void;
  /** Hears what takes long. */
  readonly progress: (line: string) => void;
}

/** One way of having a Kafka and a Redis. Every method is called under the lock of the stack. */
export interface Engine {
  /** Starts what does not run yet and writes the state; returns when both servers answer. */
  up(name: string, options: StackOptions): Promise<void>;
  down(name: string, state: StackState, purge: boolean): Promise<void>;
  /** Ends one server by a signal; returns when it is gone. */
  kill(name: string, state: StackState, server: ServerName, how: KillSignal): Promise<void>;
  /** Starts one server again on the same port and data; returns when it answers. */
  start(name: string, server: ServerName): Promise<void>;
  running(name: string, state: StackState): Promise<readonly ServerName[]>;
  /** The last lines of what a server said. */
  logs(name: string, server: ServerName, lines: number): Promise<string>;
  /** A folder of this machine with the brokers' segment files as they are now. */
  kafkaData(name: string): Promise<string>;
}

/** SIGKILL is the crash, SIGTERM the orderly stop. */
export type KillSignal = 'SIGKILL' | 'SIGTERM';
