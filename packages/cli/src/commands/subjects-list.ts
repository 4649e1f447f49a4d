import type { ListedSubjects } from '@sealstream/keyring';

import { openSubjects } from '../cluster-subjects.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import {
  keyDirOption,
  type KeyOptions,
  oneDatasetOption,
  type PolicyOptions,
  policyOption,
} from '../options.ts';
import { datasetsOf } from '../policy-file.ts';
import { withBus } from '../servers.ts';
import { epochDirOption } from '../subject-options.ts';
import { textTable } from '../table.ts';

interface Options extends PolicyOptions, KeyOptions, CommonOptions {
  readonly dataset?: string;
  readonly epochDir?: string;
}

const DAY_MS = 86_400_000;

export const subjectsList = defineCommand<Options>({
  name: 'list',
  summary: 'count the subjects of each dataset and show its epochs',
  about:
    'Counts keys and tombstones, and shows each epoch with its age and the keys under it. It reads ' +
    'every subject once, which takes some seconds for a million. Datasets without a subject in ' +
    'their policy are left out.',
  options: [oneDatasetOption(), policyOption(), keyDirOption(), epochDirOption()],
  examples: [
    ['sealstream subjects list', 'every dataset that has subjects'],
    ['sealstream subjects list --dataset people --json', 'one, as JSON'],
  ],
  opensKeys: () => true,
  run: async (context, options) => {
    const datasets = datasetsOf(context, options).filter(({ subject }) => subject !== undefined);
    const listed = await withBus(context, async (bus) => {
      const all: ListedSubjects[] = [];
      for (const { name } of datasets) {
        const admin = await openSubjects(context, bus, { ...options, dataset: name });
        try {
          all.push(await admin.list());
        } finally {
          admin.stop();
        }
      }
      return all;
    });
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ subjects: listed });
    else for (const line of asTable(listed)) terminal.say(line);
    return { next: 'make older backups unreadable: sealstream subjects rotate-epoch' };
  },
});

function asTable(listed: readonly ListedSubjects[]): string[] {
  const rows = listed.flatMap(({ dataset, epochs, live, reEnrolled, tombstones }) =>
    epochs.map(({ created, id, keys, state }) => [
      dataset,
      String(live),
      String(tombstones),
      String(reEnrolled),
      id,
      state,
      `${((Date.now() - Date.parse(created)) / DAY_MS).toFixed(1)} d`,
      String(keys),
    ]),
  );
  const right = (head: string) => ({ head, align: 'right' }) as const;
  return textTable(
    [
      { head: 'dataset' },
      right('live'),
      right('tombstones'),
      right('re-enrolled'),
      { head: 'epoch' },
      { head: 'state' },
      right('age'),
      right('keys'),
    ],
    rows,
  );
}
