import type { Bus } from '@sealstream/bus';
import { ERRORS } from '@sealstream/contracts';
import type { ReplayChoice, ReplayCounts } from '@sealstream/flow';
import { type Dataset, stageCheckPlan } from '@sealstream/policy';
import { endsOf, type RejectSurvey, runReplay, surveyRejects } from '@sealstream/service';
import { Option } from 'commander';

import { openKeys } from '../cluster-keys.ts';
import { type CommonOptions, defineCommand, type Outcome } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import {
  type DatasetOptions,
  datasetOption,
  keyDirOption,
  type KeyOptions,
  policyOption,
} from '../options.ts';
import { readDataset } from '../policy-file.ts';
import { Progress } from '../progress.ts';
import { schemaAccess, withBus } from '../servers.ts';

interface Options extends DatasetOptions, KeyOptions, CommonOptions {
  readonly code?: readonly string[];
  readonly again?: boolean;
  readonly dryRun?: boolean;
}

const CODES = Object.entries(ERRORS).flatMap(([code, row]) =>
  row.class === 'record' ? [code] : [],
);

export const replay = defineCommand<Options>({
  name: 'replay',
  summary: 'try rejected records again, once the policy or the cause is mended',
  about:
    "Takes the rejects that stand on the dataset's rejected topic now, checks each by the policy of " +
    'now, and puts the good ones on its accepted topic under their first source coordinate, for the ' +
    'branch that had rejected them. What is still bad is rejected again with one attempt more; what ' +
    '--code leaves out is put back as it is. All of it exactly once: a second replay under the same ' +
    'policy does nothing, unless --again is given. The order of records is not kept.',
  options: [
    datasetOption(),
    new Option('-c, --code <code...>', 'only rejects of these codes').choices(CODES),
    new Option('--again', 'also rejects that were replayed under this policy before'),
    new Option('--dry-run', 'only count what would be tried; opens nothing'),
    policyOption(),
    keyDirOption(),
  ],
  examples: [
    ['sealstream replay --dataset people --dry-run', 'what waits, by stage and code'],
    ['sealstream replay --dataset people --code RECORD_UNKNOWN_FIELD', 'after naming the field'],
  ],
  exits: { 0: 'every reject that was tried is accepted', 1: 'a reject is still bad' },
  run: async (context, options) => {
    const dataset = readDataset(context, options);
    const choice = { codes: options.code ?? [], again: options.again === true };
    return withBus(context, async (bus, audit) => {
      const ends = await endsOf(bus, dataset.topics.rejected);
      const survey = await surveyRejects(bus, dataset, ends, choice);
      if (options.dryRun === true || survey.chosen === 0) return told(context, dataset, survey);
      const { chosen } = survey;
      await audit.tell({
        type: 'replayed',
        dataset: dataset.name,
        details: { topic: dataset.topics.rejected, most: chosen, codes: choice.codes.join(',') },
      });
      const counts = await replayed(context, bus, options, { dataset, ends, choice, survey });
      return told(context, dataset, survey, counts);
    });
  },
});

interface Work {
  readonly dataset: Dataset;
  readonly ends: readonly bigint[];
  readonly choice: ReplayChoice;
  readonly survey: RejectSurvey;
}

async function replayed(
  context: Context,
  bus: Bus,
  options: Options,
  { choice, dataset, ends, survey }: Work,
): Promise<ReplayCounts> {
  const keys = await openKeys(context, bus, options, {
    dataset: dataset.name,
    purposes: ['accepted', 'rejected', 'subject-index', 'producer'],
    subjects: dataset.subject === undefined ? undefined : 'shreds',
  });
  const progress = new Progress(context.terminal, 'replay', survey.open);
  try {
    const { counts } = await runReplay(bus, {
      program: 'cli',
      dataset,
      ends,
      choice,
      keys: keys.keys,
      plan: stageCheckPlan(dataset, schemaAccess(context)),
      refresh: () => keys.refresh(),
      patienceMs: context.config().connectWaitMs,
      onProgress: (done) => progress.show(done, done),
    });
    return counts;
  } finally {
    progress.end();
    keys.stop();
  }
}

function told(
  { terminal }: Context,
  dataset: Dataset,
  survey: RejectSurvey,
  counts?: ReplayCounts,
): Outcome {
  const name = dataset.name;
  if (terminal.json) terminal.sayJson({ dataset: name, ...survey, replayed: counts ?? null });
  else {
    for (const [reason, count] of Object.entries(survey.byReason))
      terminal.say(`${String(count).padStart(8)}  ${reason}`);
    terminal.say(`${String(survey.open).padStart(8)}  open, of which ${survey.chosen} to be tried`);
    if (counts !== undefined)
      terminal.say(
        `${String(counts.accepted).padStart(8)}  accepted; still bad ${counts.rejected}, ` +
          `put back ${counts.kept}`,
      );
  }
  if (counts === undefined) {
    if (survey.chosen === 0) return { next: 'nothing to try: mend the policy, or give --again' };
    return { next: `try them: sealstream replay --dataset ${name}` };
  }
  if (counts.rejected > 0)
    return {
      exit: EXIT.finding,
      next: `see why: sealstream tail ${dataset.topics.rejected} --open --dataset ${name}`,
    };
  return { next: `see them masked: sealstream tail ${dataset.topics.masked}` };
}
