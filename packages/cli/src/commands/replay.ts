import { datasetTopics, ERRORS } from '@sealstream/contracts';
import { Option } from 'commander';

import { breakGlassOption } from '../access/access-options.ts';
import { type CommonOptions, defineCommand, type Outcome } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { datasetOption, keyDirOption, policyOption } from '../options.ts';
import { rejectsOf } from '../chosen-desks.ts';
import type { Replayed, ReplayOptions } from '../reject-desk.ts';

const CODES = Object.entries(ERRORS).flatMap(([code, row]) =>
  row.class === 'record' ? [code] : [],
);

export const replay = defineCommand<ReplayOptions & CommonOptions>({
  name: 'replay',
  summary: 'try rejected records again, once the policy or the cause is mended',
  about:
    "Takes the rejects that stand on the dataset's rejected topic now, checks each by the policy of " +
    'now, and puts the good ones on its accepted topic under their first source coordinate, for the ' +
    'branch that had rejected them. What is still bad is rejected again with one attempt more; what ' +
    '--code leaves out is put back as it is. All of it exactly once: a second replay under the same ' +
    'policy does nothing, unless --again is given. The order of records is not kept. Through access ' +
    '20,000 rejects at most are tried at once.',
  options: [
    datasetOption(),
    new Option('-c, --code <code...>', 'only rejects of these codes').choices(CODES),
    new Option('--again', 'also rejects that were replayed under this policy before'),
    new Option('--dry-run', 'only count what would be tried; opens nothing'),
    policyOption(),
    keyDirOption(),
    breakGlassOption(),
  ],
  examples: [
    ['sealstream replay --dataset people --dry-run', 'what waits, by stage and code'],
    ['sealstream replay --dataset people --code RECORD_UNKNOWN_FIELD', 'after naming the field'],
  ],
  exits: { 0: 'every reject that was tried is accepted', 1: 'a reject is still bad' },
  run: async (context, options) => {
    const desk = await rejectsOf(context, options);
    return told(context, options.dataset, await desk.replay());
  },
});

function told(
  { terminal }: Context,
  name: string,
  { counts, survey, topics = datasetTopics(name) }: Replayed,
): Outcome {
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
      next: `see why: sealstream tail ${topics.rejected} --open --dataset ${name}`,
    };
  return { next: `see them masked: sealstream tail ${topics.masked}` };
}
