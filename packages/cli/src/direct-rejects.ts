import type { Bus } from '@sealstream/bus';
import type { ReplayChoice, ReplayCounts } from '@sealstream/flow';
import { type Dataset, stageCheckPlan } from '@sealstream/policy';
import { endsOf, type RejectSurvey, runReplay, surveyRejects } from '@sealstream/service';

import { noteRunningAccess } from './access/running-access.ts';
import { openKeys } from './cluster-keys.ts';
import type { Context } from './context.ts';
import { readDataset } from './policy-file.ts';
import { Progress } from './progress.ts';
import type { RejectDesk, Replayed, ReplayOptions } from './reject-desk.ts';
import { schemaAccess, withBus } from './servers.ts';

/** Rejects on their topic, with the operator's own key files. */
export class DirectRejects implements RejectDesk {
  readonly #context: Context;
  readonly #options: ReplayOptions;

  constructor(context: Context, options: ReplayOptions) {
    this.#context = context;
    this.#options = options;
  }

  replay(): Promise<Replayed> {
    const [context, options] = [this.#context, this.#options];
    const dataset = readDataset(context, options);
    const choice = { codes: options.code ?? [], again: options.again === true };
    return withBus(context, async (bus, audit) => {
      await noteRunningAccess(context, bus);
      const ends = await endsOf(bus, dataset.topics.rejected);
      const survey = await surveyRejects(bus, dataset, ends, choice);
      const { chosen } = survey;
      if (options.dryRun === true || chosen === 0) return { survey, topics: dataset.topics };
      await audit.tell({
        type: 'replayed',
        dataset: dataset.name,
        details: { topic: dataset.topics.rejected, most: chosen, codes: choice.codes.join(',') },
      });
      const counts = await replayed(context, bus, options, { dataset, ends, choice, survey });
      return { survey, counts, topics: dataset.topics };
    });
  }
}

interface Work {
  readonly dataset: Dataset;
  readonly ends: readonly bigint[];
  readonly choice: ReplayChoice;
  readonly survey: RejectSurvey;
}

async function replayed(
  context: Context,
  bus: Bus,
  options: ReplayOptions,
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
