import { defineGroup } from '../command.ts';
import { subjectsBackup } from './subjects-backup.ts';
import { subjectsList } from './subjects-list.ts';
import { subjectsReEnrol } from './subjects-re-enrol.ts';
import { subjectsRestore } from './subjects-restore.ts';
import { subjectsRotateEpoch } from './subjects-rotate-epoch.ts';
import { subjectsShred } from './subjects-shred.ts';
import { subjectsShow } from './subjects-show.ts';
import { subjectsVerifyReceipt } from './subjects-verify-receipt.ts';

export const subjects = defineGroup({
  name: 'subjects',
  summary: 'shred, show, back up and restore the persons that records are about',
  about:
    'In a dataset whose policy names a subject, each person has a key of their own. It stands in ' +
    'Redis under an epoch key that is in no backup, so that destroying it destroys every copy of ' +
    'what it sealed. A person is named by an index, a keyed hash; no command shows or logs a value.',
  examples: [
    ['sealstream subjects list', 'how many there are, and how old the epochs'],
    [
      'sealstream subjects rotate-epoch --dataset people --backup people.backup',
      'makes older backups unreadable, and takes a new one',
    ],
  ],
  commands: [
    subjectsList,
    subjectsShow,
    subjectsShred,
    subjectsVerifyReceipt,
    subjectsReEnrol,
    subjectsRotateEpoch,
    subjectsBackup,
    subjectsRestore,
  ],
});
