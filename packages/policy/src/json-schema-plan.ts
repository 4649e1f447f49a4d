import { deriveJsonSchema, type Outcome, type Shape } from '@sealstream/records';
import type { SchemaPlan, SchemaRefusal, SchemaStage } from './schema-plan.ts';
import type { Dataset } from './dataset.ts';
import { shapeOf } from './field-shape.ts';
import { checkPlan, encryptPlan, maskPlan } from './json-plan.ts';
import { slotOutcomes } from './outcomes.ts';
import type { CheckPlan, Plan } from './plan.ts';

function derived(dataset: Dataset, stage: SchemaStage | 'check', text: string) {
  const shape: Shape = shapeOf(dataset, stage);
  const outcomes: readonly Outcome[] = slotOutcomes(dataset, shape, stage);
  return deriveJsonSchema(text, shape, outcomes);
}

/**
 * Treats JSON records whose schema is known, as JSON is treated: in place, by the policy alone. That
 * they follow their schema is not checked, since nothing that is protected depends on it; the schema
 * says what the output is like, and which fields the policy does not name. Throws SCHEMA_UNREADABLE.
 */
export function jsonSchemaPlan(
  dataset: Dataset,
  stage: SchemaStage,
  text: string,
): SchemaPlan<Plan> | SchemaRefusal {
  const { schema, problems, unknown } = derived(dataset, stage, text);
  if (problems.length > 0) return { problems };
  const plan = stage === 'mask' ? maskPlan(dataset) : encryptPlan(dataset);
  return { plan, outputSchema: schema, unknown };
}

/** Applies every rule that needs no key to them. Throws SCHEMA_UNREADABLE. */
export function jsonSchemaCheckPlan(
  dataset: Dataset,
  text: string,
): SchemaPlan<CheckPlan> | SchemaRefusal {
  const { problems, unknown } = derived(dataset, 'check', text);
  if (problems.length > 0) return { problems };
  return { plan: checkPlan(dataset), outputSchema: text, unknown };
}
