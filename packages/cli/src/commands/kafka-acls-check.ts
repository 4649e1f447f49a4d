import { textTable } from '../table.ts';
import { ruleWords } from '../access-rule-lines.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { policyOption } from '../options.ts';
import { withBus } from '../servers.ts';
import {
  ofTheFlow,
  refuseOracles,
  type RuleOptions,
  rulesFileOption,
  wantedRules,
  without,
} from '../wanted-rules.ts';

export const kafkaAclsCheck = defineCommand<RuleOptions & CommonOptions>({
  name: 'check',
  summary: 'compare the ACLs with those that should be there',
  about:
    'Changes nothing. `missing` is what a program will be refused; `surplus` is what is there for one of ' +
    'the users, for everybody, or by anybody on a topic of the flow, and is not in the rules. Needs ' +
    'Describe on the cluster.',
  options: [policyOption(), rulesFileOption()],
  examples: [
    ['sealstream kafka acls check', 'against ./sealstream.yaml'],
    ['sealstream kafka acls check --file users.acl --json', 'against a file, for a monitor'],
  ],
  exits: {
    0: 'the ACLs are as they should be',
    1: 'some are missing or too much',
    2: 'usage or rules are wrong, or a user can both write raw and read an output',
  },
  run: async (context, options) => {
    const wanted = wantedRules(context, options);
    const found = await withBus(context, (bus) => bus.accessRules.all());
    const missing = without(wanted.rules, found);
    const surplus = without(ofTheFlow(found, wanted), wanted.rules);
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ missing, surplus });
    else {
      const rows = [
        ...missing.map((rule) => ['missing', ...ruleWords(rule)]),
        ...surplus.map((rule) => ['surplus', ...ruleWords(rule)]),
      ];
      const heads = ['', 'user', 'permission', 'operation', 'resource', 'pattern', 'name', 'host'];
      const columns = heads.map((head) => ({ head }));
      if (rows.length > 0) for (const line of textTable(columns, rows)) terminal.say(line);
      else terminal.say(`${wanted.rules.length} rules, as they should be`);
    }
    refuseOracles({ ...wanted, rules: found });
    if (missing.length + surplus.length === 0)
      return { next: 'ask again whenever the policy or the cluster changed' };
    const next =
      missing.length > 0
        ? 'add what is missing: sealstream kafka acls apply'
        : "take away what nobody needs with Kafka's own tool, or write it into the file";
    return { exit: EXIT.finding, next };
  },
});
