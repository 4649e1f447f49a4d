import { readVkey } from '@sealstream/audit-log';
import { Argument, Option } from 'commander';

import { auditKeyOption, type AuditOptions } from '../audit-options.ts';
import { withSubjects } from '../cluster-subjects.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { keyPlacesOf } from '../key-places.ts';
import { loggedShreds } from '../logged-shreds.ts';
import { datasetOption, keyDirOption } from '../options.ts';
import { epochDirOption, type SubjectsOptions } from '../subject-options.ts';

interface Options extends SubjectsOptions, Pick<AuditOptions, 'key'>, CommonOptions {
  readonly log?: string;
}

export const subjectsRestore = defineCommand<Options, [file: string]>({
  name: 'restore',
  summary: 'put subjects back from a backup, after every shred of the audit log',
  about:
    'Verifies the audit log, puts all tombstones back and then the keys that were not destroyed. ' +
    'Until all is done services find no register and read nothing. It is refused when backup and ' +
    'log do not hold every shred that the head on the topic keyring counts. Cut at any point, run ' +
    'it again. Keys made after the backup are lost.',
  arguments: [new Argument('<file>', 'the backup')],
  options: [
    datasetOption(),
    new Option(
      '--log <dir>',
      'directory of the audit log, or a copy of one (default: SEALSTREAM_AUDIT_DIR, else .sealstream/audit)',
    ),
    auditKeyOption(),
    keyDirOption(),
    epochDirOption(),
  ],
  examples: [
    [
      'sealstream subjects restore people-now.backup --dataset people --log /mnt/audit',
      'after Redis was lost',
    ],
  ],
  opensKeys: () => true,
  run: async (context, options, file) => {
    const { dataset } = options;
    const dir = options.log ?? context.config().auditDir;
    const vkey = await readVkey(options.key ?? keyPlacesOf(context, options).auditVkey);
    const restored = await withSubjects(context, options, async ({ admin, audit }) => {
      await audit.check();
      const done = await admin.restore(file, loggedShreds(dir, vkey));
      await audit.tell({ type: 'subjects-restored', dataset, details: { ...done } });
      return done;
    });
    const { terminal } = context;
    if (terminal.json) terminal.sayJson(restored);
    else {
      terminal.say(`keys        ${restored.keys}`);
      terminal.say(`tombstones  ${restored.tombstones}`);
      terminal.say(
        `left out    ${restored.destroyed} destroyed, ${restored.unreadable} unreadable`,
      );
      if (restored.refusedReceipts > 0)
        terminal.say(
          `log         ${restored.refusedReceipts} receipts that do not verify, passed over`,
        );
      if (restored.stuck > 0)
        terminal.say(
          `stuck       ${restored.stuck} whose epoch is gone: restore the last rotation's backup, too`,
        );
    }
    return { next: 'services go on by themselves; see: sealstream subjects list' };
  },
});
