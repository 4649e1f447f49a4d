import type { AccessRules } from '@sealstream/authorization';
import { SealstreamError } from '@sealstream/contracts';
import { readAccessSection } from './access-reader.ts';
import type { Dataset } from './dataset.ts';
import { readDataset } from './dataset-reader.ts';
import type { ExposureReport } from './exposure.ts';
import { readLanguage } from './language-problems.ts';
import { didYouMean } from './near-word.ts';
import { PolicyError, type Problem } from './problem.ts';
import { type ReadBeside, SourceText } from './source-text.ts';
import { checkTopics, datasetNameProblem } from './topic-rules.ts';

/** A policy that follows the language and breaks no rule. */
export interface Policy {
  /** What was read. */
  readonly text: string;
  /** By name, in the order of the file. */
  readonly datasets: ReadonlyMap<string, Dataset>;
  /** Who may do what; where it is absent nothing is allowed. In no hash of a dataset, with one of its own. */
  readonly access?: AccessRules;
  /** What is allowed and worth a second look, in the order of the file. */
  readonly warnings: readonly Problem[];
}

const byPlace = (a: Problem, b: Problem): number => a.line - b.line || a.column - b.column;

/**
 * Reads a policy file.
 *
 * @param file its name, for the problems
 * @param readBeside reads the files that the policy names; without it none can be read
 * Throws PolicyError (POLICY_INVALID) with every problem found, each with line and column.
 */
export function parsePolicy(
  text: string,
  file: string,
  readBeside: ReadBeside = () => undefined,
): Policy {
  const source = new SourceText(text, file);
  const language = readLanguage(source);
  const datasets = new Map<string, Dataset>();
  const warnings: Problem[] = [];
  const report: ExposureReport = {
    source,
    readBeside,
    warn: (place, message, path) => warnings.push(source.problem(place, message, path)),
  };
  for (const [name, rules] of Object.entries(language?.datasets ?? {})) {
    const problem = datasetNameProblem(name);
    if (problem !== undefined) source.reportKey(['datasets', name], problem);
    const dataset = readDataset(report, name, rules);
    if (dataset !== undefined) datasets.set(name, dataset);
  }
  if (language !== undefined && datasets.size === 0)
    source.report(['datasets'], 'datasets names no dataset');
  checkTopics(source, datasets.values());
  const access = language && readAccessSection(report, language);
  if (source.problems.length > 0) throw new PolicyError(file, source.problems.toSorted(byPlace));
  return {
    text,
    datasets,
    ...(access !== undefined && { access }),
    warnings: warnings.sort(byPlace),
  };
}

/** The dataset of that name. Throws POLICY_UNKNOWN_DATASET, with the near name as a hint. */
export function datasetOf(policy: Pick<Policy, 'datasets'>, name: string): Dataset {
  const dataset = policy.datasets.get(name);
  if (dataset !== undefined) return dataset;
  const names = [...policy.datasets.keys()];
  throw new SealstreamError(
    'POLICY_UNKNOWN_DATASET',
    { dataset: name },
    `The policy has ${names.join(', ')}${didYouMean(name, names)}`,
  );
}
