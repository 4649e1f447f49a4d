import { join } from 'node:path';

/** The checkout. */
export const ROOT = join(import.meta.dirname, '..', '..');
/** All that commands leave on disk; git ignores it. */
export const STATE = join(ROOT, '.sealstream');
export const POM = join(ROOT, 'deploy', 'local', 'pom.xml');
export const REGISTRY_POM = join(ROOT, 'deploy', 'local', 'registry-pom.xml');
export const OIDC_POM = join(ROOT, 'deploy', 'local', 'oidc-pom.xml');
export const LOG4J = join(ROOT, 'deploy', 'local', 'log4j2.xml');
export const COMPOSE = join(ROOT, 'docker-compose.yml');

/** Everything of one stack. */
export interface StackDirectories {
  readonly root: string;
  /** The broker's log.dirs: segment files, indexes, KRaft metadata. */
  readonly kafka: string;
  readonly redis: string;
  /** kafka.log and redis.log. */
  readonly logs: string;
  /** What the servers use as the folder for temporary files. */
  readonly tmp: string;
}

/** The folders of the stack of that name, whether it exists or not. */
export function directoriesOf(name: string): StackDirectories {
  if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(name))
    throw new Error('a stack name is 1 to 41 of a-z, 0-9 and -, and begins with a letter or digit');
  const root = join(STATE, 'stacks', name);
  return {
    root,
    kafka: join(root, 'kafka'),
    redis: join(root, 'redis'),
    logs: join(root, 'logs'),
    tmp: join(root, 'tmp'),
  };
}
