import type { Dataset } from './dataset.ts';
import { FramedCheckPlan, type FramedFormat, FramedPlan } from './framed-plan.ts';
import { checkPlan, encryptPlan, maskPlan } from './json-plan.ts';
import type { CheckPlan, Plan } from './plan.ts';
import type { SchemaFinding, SchemaSource } from './schema-table.ts';
import { SealstreamError } from '@sealstream/contracts';

/** Where the schemas are that records name, and who hears what is found in them. */
export interface SchemaAccess {
  readonly source: SchemaSource;
  readonly onFinding?: (finding: SchemaFinding) => void;
}

/** The format of a dataset whose records name their schema; undefined when they do not. */
export function framedFormat({ format }: Dataset): FramedFormat | undefined {
  return format === 'json' ? undefined : format;
}

function accessOf(dataset: Dataset, schemas: SchemaAccess | undefined): SchemaAccess {
  if (schemas !== undefined) return schemas;
  throw new SealstreamError('SERVER_MISSING', {
    dataset: dataset.name,
    format: dataset.format,
    setting: 'SCHEMA_REGISTRY_URL',
  });
}

/**
 * Treats records of a dataset in the format that it has on Kafka.
 *
 * @param subject under which derived schemas are registered
 * @throws SealstreamError SERVER_MISSING when the format needs schemas and `schemas` is not given
 */
export function stagePlan(
  dataset: Dataset,
  stage: 'mask' | 'encrypt',
  subject: string,
  schemas?: SchemaAccess,
): Plan {
  const format = framedFormat(dataset);
  if (format !== undefined)
    return new FramedPlan(dataset, format, stage, { ...accessOf(dataset, schemas), subject });
  return stage === 'mask' ? maskPlan(dataset) : encryptPlan(dataset);
}

/** Applies every rule that needs no key, in that format. Throws SERVER_MISSING as stagePlan does. */
export function stageCheckPlan(dataset: Dataset, schemas?: SchemaAccess): CheckPlan {
  const format = framedFormat(dataset);
  if (format === undefined) return checkPlan(dataset);
  return new FramedCheckPlan(dataset, format, accessOf(dataset, schemas));
}
