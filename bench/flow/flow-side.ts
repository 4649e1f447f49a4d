import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICE_PURPOSES, type ServiceName } from '@sealstream/contracts';
import { ROOT } from '../../tools/stack/paths.ts';
import type { Stack } from '../../tools/stack/stack.ts';
import { startNode } from '../ground/child.ts';
import type { StageName } from './outcomes.ts';

const POLICY = join(import.meta.dirname, 'sealstream.yaml');
const CLI = join(ROOT, 'packages', 'cli', 'dist', 'main.js');

/** What an operator does before the services start: keys, topics, keysets, all by the command. */
export class FlowSide {
  readonly #stack: Stack;
  readonly #policyFile: string;
  /** A folder of this bench's own, removed with the stack. */
  readonly #folder: string;

  /** @param policyFile that of the pipeline bench unless told */
  constructor(stack: Stack, policyFile = POLICY) {
    this.#stack = stack;
    this.#policyFile = policyFile;
    this.#folder = join(stack.directories.root, 'bench');
  }

  async prepare(partitions: number): Promise<void> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    await this.#command('init', '--dir', this.#folder, '--no-policy');
    await this.#command('topics', 'apply', '--partitions', String(partitions));
    await this.#command('keys', 'rotate', '--missing');
  }

  /** Lets a stage that is stopped do everything again: from the beginning of its source. */
  async rewind(stage: StageName): Promise<void> {
    await this.#command(
      'offsets',
      'set',
      '--dataset',
      'bench',
      '--stage',
      stage,
      '--to',
      'earliest',
    );
  }

  /** The environment of a service: with the outermost keys of its own purposes and no other. */
  environmentOf(service: ServiceName): Record<string, string> {
    const own = join(this.#folder, service);
    mkdirSync(own, { recursive: true, mode: 0o700 });
    for (const purpose of SERVICE_PURPOSES[service])
      copyFileSync(join(this.#keys, `${purpose}.key`), join(own, `${purpose}.key`));
    const { KAFKA_BROKERS, SEALSTREAM_POLICY_FILE, ...keyring } = this.#environment();
    return {
      KAFKA_BROKERS,
      SEALSTREAM_POLICY_FILE,
      ...(SERVICE_PURPOSES[service].length > 0 ? { ...keyring, SEALSTREAM_KEY_DIR: own } : {}),
      ...(service === 'audit' ? this.#auditEnvironment() : {}),
    };
  }

  #auditEnvironment(): Record<string, string> {
    return {
      SEALSTREAM_AUDIT_DIR: join(this.#folder, 'audit-log'),
      SEALSTREAM_AUDIT_KEY_FILE: join(this.#keys, 'audit.key'),
    };
  }

  get #keys(): string {
    return join(this.#folder, '.sealstream', 'keys');
  }

  #environment() {
    return {
      KAFKA_BROKERS: this.#stack.kafkaBrokers,
      REDIS_URL: this.#stack.redisUrl,
      SEALSTREAM_POLICY_FILE: this.#policyFile,
      SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: join(this.#keys, 'signer.pub'),
    };
  }

  async #command(...args: string[]): Promise<void> {
    const env = { ...this.#environment(), SEALSTREAM_KEY_DIR: this.#keys };
    const command = startNode([CLI, ...args], env);
    command.process.stdout?.resume();
    const code = await command.exited;
    if (code !== 0) throw new Error(`sealstream ${args.join(' ')} failed:\n${command.said()}`);
  }
}
