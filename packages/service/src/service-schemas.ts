import type { ServiceName } from '@sealstream/contracts';
import {
  type CheckPlan,
  type Dataset,
  framedFormat,
  type Plan,
  type SchemaAccess,
  stageCheckPlan,
  stagePlan,
} from '@sealstream/policy';
import type { BaseConfig } from './base-settings.ts';
import type { OpenedService } from './open-service.ts';
import { openSchemaRegistry, REGISTRY_SETTINGS, type RegistryConfig } from './registry-settings.ts';
import { SchemaFindings } from './schema-findings.ts';
import { ConfigError } from './settings.ts';
import { untilAvailable } from './waiting.ts';

const NEEDED = 'registry';

/** What a stage makes of the policy, with the schemas that records name. */
export interface ServiceSchemas {
  /** Treats records of a dataset; derived schemas are registered under the topic that it writes to. */
  plan(dataset: Dataset, stage: 'mask' | 'encrypt'): Plan;
  check(dataset: Dataset): CheckPlan;
}

/**
 * Opens the schema registry of a service, where a dataset of its policy has a format that needs one,
 * and waits for it up to startWaitMs.
 *
 * @throws ConfigError when a dataset needs a registry and none is named
 * @throws SealstreamError REGISTRY_UNREACHABLE, REGISTRY_REFUSED
 */
export async function openServiceSchemas(
  name: Extract<ServiceName, 'ingest' | 'mask' | 'encrypt'>,
  service: Pick<
    OpenedService<BaseConfig & RegistryConfig>,
    'audit' | 'config' | 'policy' | 'telemetry'
  >,
): Promise<ServiceSchemas> {
  const { audit, config, policy, telemetry } = service;
  const { health, logger } = telemetry;
  const registry = openSchemaRegistry(config);
  const needs = [...policy.datasets.values()].find((one) => framedFormat(one) !== undefined);
  if (needs !== undefined && registry === undefined)
    throw new ConfigError([
      {
        setting: REGISTRY_SETTINGS.registryUrl.env,
        problem: `is missing: dataset ${needs.name} has format: ${needs.format}`,
      },
    ]);
  if (needs !== undefined)
    await untilAvailable(async () => registry?.check(), {
      waitMs: config.startWaitMs,
      onWait: ({ code }) => health.waitFor(NEEDED, code),
    });
  health.met(NEEDED);
  const findings = new SchemaFindings(name, { audit, logger });
  const access = (dataset: Dataset): SchemaAccess | undefined =>
    registry && { source: registry, onFinding: (one) => findings.tell(dataset, one) };
  return {
    plan: (dataset, stage) => {
      const topic = dataset.topics[stage === 'mask' ? 'masked' : 'encrypted'];
      return stagePlan(dataset, stage, valueSubject(config.namePrefix, topic), access(dataset));
    },
    check: (dataset) => stageCheckPlan(dataset, access(dataset)),
  };
}

/** The subject that clients of a registry look for, by the name that the topic has on the cluster. */
export function valueSubject(namePrefix: string | undefined, topic: string): string {
  return `${namePrefix ?? ''}${topic}-value`;
}
