import { type Transform, TRANSFORM_NAMES, TRANSFORMS } from '@sealstream/masking';
import { z } from 'zod';
import { MaskLanguage, PolicyLanguage } from './language.ts';
import { TestsLanguage, TextLanguage } from './test-language.ts';

function maskSchema(): Record<string, unknown> {
  const bare: (string | null)[] = [null];
  const properties: Record<string, unknown> = {};
  for (const name of TRANSFORM_NAMES) {
    const transform: Transform = TRANSFORMS[name];
    if (transform.bare || transform.byClass === true) bare.push(name);
    if (!transform.takesParameters) continue;
    const { $schema: _, ...schema } = z.toJSONSchema(transform.parameters, { io: 'input' });
    properties[name] = { description: transform.summary, ...schema };
  }
  const named = { type: 'object', properties, additionalProperties: false };
  return { anyOf: [{ enum: bare }, { ...named, minProperties: 1, maxProperties: 1 }] };
}

/** JSON Schema of sealstream.yaml for editors; packages/policy/sealstream.schema.json is this. */
export function policyJsonSchema(): Record<string, unknown> {
  return {
    title: 'Sealstream policy (sealstream.yaml)',
    ...z.toJSONSchema(PolicyLanguage, {
      io: 'input',
      override: ({ zodSchema, jsonSchema }) => {
        if (zodSchema === MaskLanguage) Object.assign(jsonSchema, maskSchema());
      },
    }),
  };
}

/** The same of sealstream.test.yaml; packages/policy/sealstream.test.schema.json is this. */
export function policyTestsJsonSchema(): Record<string, unknown> {
  return {
    title: 'Cases of a Sealstream policy (sealstream.test.yaml)',
    ...z.toJSONSchema(TestsLanguage, {
      io: 'input',
      override: ({ zodSchema, jsonSchema }) => {
        if (zodSchema === TextLanguage) Object.assign(jsonSchema, { type: 'string' });
      },
    }),
  };
}
