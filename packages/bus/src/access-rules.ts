import type { AclEntry } from './kafka-internals.ts';
import type { KafkaLink } from './kafka-link.ts';
import type { NamePrefix } from './name-prefix.ts';

/** What a rule is about; `cluster` has the one name kafka-cluster. */
export const RESOURCES = { topic: 2, group: 3, cluster: 4, transactionalId: 5 } as const;
export type RuleResource = keyof typeof RESOURCES;

/** Source: org.apache.kafka.common.acl.AclOperation. */
export const OPERATIONS = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const;
export type RuleOperation = keyof typeof OPERATIONS;

const PATTERNS = { literal: 3, prefixed: 4 } as const;
const PERMISSIONS = { deny: 2, allow: 3 } as const;
const ANY = 1;

/** One ACL of Kafka: who may, or may not, do what with which resource, from which host (`*`: any). */
export interface AccessRule {
  /** `User:NAME`. */
  readonly principal: string;
  readonly permission: keyof typeof PERMISSIONS;
  readonly operation: RuleOperation;
  readonly resource: RuleResource;
  readonly pattern: keyof typeof PATTERNS;
  readonly name: string;
  readonly host: string;
}

/** Kafka's own ACLs: reading them, adding some, and taking some away. */
export class AccessRules {
  readonly #link: KafkaLink;
  readonly #names: NamePrefix;

  constructor(link: KafkaLink, names: NamePrefix) {
    this.#link = link;
    this.#names = names;
  }

  /**
   * All rules on our names, on the cluster and on every name (`*`). Kinds of resources, operations or
   * patterns that are not known here are left out. Needs Describe on the cluster.
   */
  async all(): Promise<AccessRule[]> {
    const broker = await this.#link.anyBroker();
    const any = { resourceType: ANY, resourceName: null, resourcePatternType: ANY };
    const filter = { ...any, principal: null, host: null, operation: ANY, permissionType: ANY };
    const { resources } = await this.#link.call(broker, () => broker.describeAcls(filter));
    return resources.flatMap(({ acls, resourceName, resourcePatternType, resourceType }) =>
      acls.flatMap((acl) => {
        const entry = { ...acl, resourceName, resourcePatternType, resourceType };
        return this.#ruleOf(entry) ?? [];
      }),
    );
  }

  /** Adds rules; one that is there stays. Needs Alter on the cluster. */
  async add(rules: readonly AccessRule[]): Promise<void> {
    if (rules.length === 0) return;
    const broker = await this.#link.anyBroker();
    const acl = rules.map((rule) => this.#entryOf(rule));
    await this.#link.call(broker, () => broker.createAcls({ acl }));
  }

  /** Takes exactly these rules away; one that is not there is none. Needs Alter on the cluster. */
  async remove(rules: readonly AccessRule[]): Promise<void> {
    if (rules.length === 0) return;
    const broker = await this.#link.anyBroker();
    const filters = rules.map((rule) => this.#entryOf(rule));
    await this.#link.call(broker, () => broker.deleteAcls({ filters }));
  }

  #entryOf(rule: AccessRule): AclEntry {
    const { host, name, operation, pattern, permission, principal, resource } = rule;
    return {
      resourceType: RESOURCES[resource],
      resourceName: isShared(rule) ? name : this.#names.on(name),
      resourcePatternType: PATTERNS[pattern],
      principal,
      host,
      operation: OPERATIONS[operation],
      permissionType: PERMISSIONS[permission],
    };
  }

  #ruleOf(entry: AclEntry): AccessRule | undefined {
    const resource = nameIn(RESOURCES, entry.resourceType);
    const operation = nameIn(OPERATIONS, entry.operation);
    const pattern = nameIn(PATTERNS, entry.resourcePatternType);
    const permission = nameIn(PERMISSIONS, entry.permissionType);
    if (!resource || !operation || !pattern || !permission) return undefined;
    const { host, principal, resourceName } = entry;
    const rule = { principal, permission, operation, resource, pattern, name: resourceName, host };
    if (isShared(rule)) return rule;
    return this.#names.has(resourceName)
      ? { ...rule, name: this.#names.off(resourceName) }
      : undefined;
  }
}

/** Of a name that has no prefix of ours. */
function isShared({ name, resource }: Pick<AccessRule, 'name' | 'resource'>): boolean {
  return resource === 'cluster' || name === '*';
}

function nameIn<N extends string>(table: Readonly<Record<N, number>>, code: number): N | undefined {
  return (Object.keys(table) as N[]).find((name) => table[name] === code);
}
