import { Argument } from 'commander';

import { formatProblem } from '@sealstream/policy';

import { type CommonOptions, defineCommand } from '../command.ts';
import { readPolicy } from '../policy-file.ts';

export const validate = defineCommand<CommonOptions, [file: string | undefined]>({
  name: 'validate',
  summary: 'check a policy file',
  about:
    'Tells everything that is wrong with a policy, each with line and column, and what is allowed ' +
    'but worth a second look. Needs no server.',
  arguments: [
    new Argument('[file]', 'the policy (default: ./sealstream.yaml, else SEALSTREAM_POLICY_FILE)'),
  ],
  examples: [
    ['sealstream validate examples/people/sealstream.yaml', 'the policy of the example'],
    ['sealstream validate --json', './sealstream.yaml; findings as JSON, one a line'],
  ],
  exits: { 0: 'the policy holds, with or without warnings', 2: 'the policy breaks a rule' },
  run: async (context, _options, file) => {
    const { terminal } = context;
    const policy = readPolicy(context, file === undefined ? {} : { policy: file });
    for (const warning of policy.warnings)
      terminal.note(`${formatProblem(warning)} (warning)`, { warning });
    const datasets = [...policy.datasets.values()].map(
      ({ fields, name, revision, sha256, topics }) => ({
        name,
        revision,
        sha256,
        fields: fields.length,
        topics,
      }),
    );
    const { access, warnings } = policy;
    const rules = access && { roles: [...access.roles.keys()], sha256: access.sha256 };
    if (terminal.json) terminal.sayJson({ datasets, access: rules, warnings });
    else {
      for (const { fields, name, revision, sha256 } of datasets)
        terminal.say(`${name}: revision ${revision}, ${fields} fields, ${sha256.slice(0, 12)}`);
      if (rules !== undefined)
        terminal.say(`access: ${rules.roles.length} roles, ${rules.sha256.slice(0, 12)}`);
    }
    return { next: 'try it on a file: sealstream apply --stage mask --dataset NAME FILE' };
  },
});
