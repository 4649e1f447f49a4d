import { indexOf, withSubjects } from '../cluster-subjects.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { datasetOption, keyDirOption } from '../options.ts';
import {
  epochDirOption,
  noValueArgument,
  refuseValue,
  type SubjectOptions,
  subjectOptions,
} from '../subject-options.ts';

export const subjectsShow = defineCommand<SubjectOptions & CommonOptions, [value: string[]]>({
  name: 'show',
  summary: 'show whether a subject has a key or was shredded',
  about:
    'Says `live` with the id of the key, `shredded` or `re-enrolled` with the receipt, or `none` ' +
    'for a subject that never had a key. It shows no value and no key.',
  arguments: [noValueArgument()],
  options: [datasetOption(), ...subjectOptions(), keyDirOption(), epochDirOption()],
  examples: [
    ['sealstream subjects show --dataset people < ssn.txt', 'the person with that value'],
    [
      'sealstream subjects show --dataset people --index AAECAwQFBgcICQoLDA0ODw --json',
      'by index, as the audit log names it',
    ],
  ],
  run: async (context, options, given) => {
    refuseValue(given);
    const { terminal } = context;
    const { index, shown } = await withSubjects(context, options, async ({ admin, bus }) => {
      const who = await indexOf(context, bus, options);
      return { index: who, shown: await admin.show(who) };
    });
    const receipt = 'receipt' in shown ? shown.receipt.bytes.toString('utf8') : undefined;
    const key = shown.state === 'live' ? { keyId: shown.keyId, created: shown.created } : {};
    if (terminal.json)
      terminal.sayJson({ index, state: shown.state, ...key, ...(receipt && { receipt }) });
    else {
      terminal.say(`index    ${index}`);
      terminal.say(`state    ${shown.state}`);
      if (shown.state === 'live') terminal.say(`key      ${shown.keyId}  ${shown.created}`);
      if (receipt !== undefined) terminal.say(receipt.trimEnd());
    }
    return { next: 'what happened to it: sealstream audit tail --json' };
  },
});
