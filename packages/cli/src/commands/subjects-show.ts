import { type BreakGlassOptions, breakGlassOption } from '../access/access-options.ts';
import { wayOf } from '../access/access-way.ts';
import { RemoteSubjects, type SubjectFacts } from '../access/remote-subjects.ts';
import { noteRunningAccess } from '../access/running-access.ts';
import { indexOf, withSubjects } from '../cluster-subjects.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { withNamedSubject } from '../named-subject.ts';
import { datasetOption, keyDirOption } from '../options.ts';
import {
  epochDirOption,
  noValueArgument,
  refuseValue,
  type SubjectOptions,
  subjectOptions,
} from '../subject-options.ts';

type Options = SubjectOptions & BreakGlassOptions & CommonOptions;

export const subjectsShow = defineCommand<Options, [value: string[]]>({
  name: 'show',
  summary: 'show whether a subject has a key or was shredded',
  about:
    'Says `live` with the id of the key, `shredded` or `re-enrolled` with the receipt, or `none` ' +
    'for a subject that never had a key. It shows no value and no key.',
  arguments: [noValueArgument()],
  options: [
    datasetOption(),
    ...subjectOptions(),
    keyDirOption(),
    epochDirOption(),
    breakGlassOption(),
  ],
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
    const {
      createdAt = '',
      index,
      keyId,
      receipt,
      state,
    } = await wayOf(context, options, {
      direct: () => shownDirectly(context, options),
      throughAccess: (client) =>
        withNamedSubject(context, options, (who) =>
          new RemoteSubjects(client, options.dataset).show(who),
        ),
    });
    const key = keyId === undefined ? {} : { keyId, created: createdAt };
    if (terminal.json) terminal.sayJson({ index, state, ...key, ...(receipt && { receipt }) });
    else {
      terminal.say(`index    ${index}`);
      terminal.say(`state    ${state}`);
      if (keyId !== undefined) terminal.say(`key      ${keyId}  ${createdAt}`);
      if (receipt !== undefined) terminal.say(receipt.trimEnd());
    }
    return { next: 'what happened to it: sealstream audit tail --json' };
  },
});

function shownDirectly(context: Context, options: Options): Promise<SubjectFacts> {
  return withSubjects(context, options, async ({ admin, bus }) => {
    await noteRunningAccess(context, bus);
    const index = await indexOf(context, bus, options);
    const shown = await admin.show(index);
    const { state } = shown;
    if (shown.state === 'live')
      return { index, state, keyId: shown.keyId, createdAt: shown.created };
    return 'receipt' in shown
      ? { index, state, receipt: shown.receipt.bytes.toString('utf8') }
      : { index, state };
  });
}
