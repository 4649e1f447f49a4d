import { createFile } from '@sealstream/keyring';
import { kafkaUsers } from '@sealstream/service';
import { Option } from 'commander';

import { ruleTable, usersFile } from '../access-rule-lines.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { type PolicyOptions, policyOption } from '../options.ts';
import { wantedRules } from '../wanted-rules.ts';

interface Options extends PolicyOptions, CommonOptions {
  readonly out?: string;
}

const PUBLIC = 0o644;

export const kafkaAclsPlan = defineCommand<Options>({
  name: 'plan',
  summary: 'show what each user may',
  about:
    'Needs no server. With --out the rules go to a file, one a line, which can be reviewed, changed and ' +
    'given to `apply` and `check`; names are without SEALSTREAM_NAME_PREFIX, which both put before them.',
  options: [
    policyOption(),
    new Option('--out <file>', 'where they go; the file must not be there (default: stdout)'),
  ],
  examples: [
    ['sealstream kafka acls plan', 'as a table'],
    ['sealstream kafka acls plan --policy sealstream.yaml --out users.acl', 'as a file'],
  ],
  run: async (context, options) => {
    const { terminal } = context;
    const { datasets, rules } = wantedRules(context, options);
    const users = kafkaUsers(datasets);
    if (options.out !== undefined) createFile(options.out, Buffer.from(usersFile(users)), PUBLIC);
    if (terminal.json) terminal.sayJson({ users });
    else if (options.out === undefined) for (const line of ruleTable(rules)) terminal.say(line);
    else terminal.say(`made ${options.out}`);
    return {
      next: 'make the users: sealstream kafka users apply; then their rights: sealstream kafka acls apply',
    };
  },
});
