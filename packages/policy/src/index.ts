/**
 * policy: what may be read where, as a file; and the plans that carry it out.
 *
 * Promises: a policy that is accepted follows the language in docs/policy.md, and every problem of
 * one that is not has its file, line and column. A plan treats one record at a time and fails
 * closed: what does not fit the policy is refused with a code, a byte offset and the policy's own
 * path, and nothing of it comes out; every byte outside the treated fields stays. What encrypt
 * sealed, open gives back byte for byte. Plans know neither Kafka nor Redis; keys come from
 * outside.
 */
export { behindFrame, checkBehindFrame } from './behind-frame.ts';
export { FRAME_BYTES, jsonStart } from './frame.ts';
export { FramedCheckPlan, type FramedFormat, FramedPlan } from './framed-plan.ts';
export { framedFormat, type SchemaAccess, stageCheckPlan, stagePlan } from './stage-plan.ts';
export { jsonSchemaCheckPlan, jsonSchemaPlan } from './json-schema-plan.ts';
export {
  type KnownSchema,
  type SchemaFinding,
  type SchemaSource,
  SchemaTable,
} from './schema-table.ts';
export { avroCheckPlan, avroPlan } from './avro-plan.ts';
export { protobufCheckPlan, protobufPlan } from './protobuf-plan.ts';
export type { SchemaPlan, SchemaRefusal, SchemaStage } from './schema-plan.ts';
export { csvFile } from './csv-file.ts';
export { type CsvConversion, csvToJson, type JsonRow, type JsonRows } from './csv-to-json.ts';
export type {
  Dataset,
  DatasetRules,
  EncryptMethod,
  Field,
  Part,
  UnknownFields,
} from './dataset.ts';
export { type Explained, explain } from './explain.ts';
export type { Stage } from './field-stage.ts';
export { fieldsPlan, type OpeningPlan, type SealedField } from './fields-plan.ts';
export { type FileApplication, fileFormat, type FileOutput, type Finding } from './file-output.ts';
export {
  headerCheck,
  HeaderPlan,
  headerPlan,
  openHeaders,
  resealHeaders,
} from './header-plan.ts';
export { checkPlan, encryptPlan, maskPlan, openPlan } from './json-plan.ts';
export type { CheckPlan, NeededSchemas, Plan } from './plan.ts';
export { type GroupPlan, groupPlan } from './group-plan.ts';
export { type Place, type ReadBeside, SourceText } from './source-text.ts';
export { reportIssues } from './language-problems.ts';
export { policyJsonSchema, policyTestsJsonSchema } from './json-schema.ts';
export { KeyPlan, keyCheck, keyPlan, openKey, resealKey } from './key-plan.ts';
export { keysStay } from './key-reader.ts';
export { maskPurpose } from './mask-rule.ts';
export { ndjsonFile } from './ndjson-file.ts';
export { grantedFields } from './granted-fields.ts';
export { didYouMean, nearWord } from './near-word.ts';
export { datasetOf, parsePolicy, type Policy } from './policy.ts';
export { type Difference, onlyNarrows, type PolicyDiff, policyDiff } from './policy-diff.ts';
export { PRESET_NAMES, type PresetName, type PresetRow, PRESETS } from './presets.ts';
export { formatProblem, PolicyError, type Problem } from './problem.ts';
export { headerName, headerPath, KEY_PATH, partsOf } from './record-part.ts';
export { type SampleField, sampleFields } from './sample-fields.ts';
export { samplePolicy } from './sample-policy.ts';
export { type PlannedField, shredPlan } from './shred-plan.ts';
export { Tally } from './tally.ts';
export { parsePolicyTests, type PolicyCase } from './test-language.ts';
export { type CaseFailure, type CaseResult, runPolicyTests, type TestRun } from './test-run.ts';
export { type ClassName, VALUE_CLASSES } from './value-class.ts';
export type { Refusal, Verdict } from './verdict.ts';
