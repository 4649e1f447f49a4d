import { ruleTable } from '../access-rule-lines.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { policyOption } from '../options.ts';
import { withBus } from '../servers.ts';
import {
  refuseOracles,
  type RuleOptions,
  rulesFileOption,
  wantedRules,
  without,
} from '../wanted-rules.ts';

export const kafkaAclsApply = defineCommand<RuleOptions & CommonOptions>({
  name: 'apply',
  summary: 'add the ACLs that are missing',
  about:
    'Adds what `kafka acls check` shows as missing and takes nothing away. Refused when a user could then ' +
    'both write raw and read masked or encrypted, by these rules or by those that are there. Whoever ' +
    "gives it must be one of Kafka's administrators (Alter and Describe on the cluster).",
  options: [policyOption(), rulesFileOption()],
  examples: [
    ['sealstream kafka acls apply', 'those of ./sealstream.yaml'],
    ['sealstream kafka acls apply --file users.acl', 'those of a file'],
  ],
  exits: { 2: 'usage or rules are wrong, or somebody could try values: nothing was added' },
  run: async (context, options) => {
    const wanted = wantedRules(context, options);
    const added = await withBus(context, async (bus) => {
      const found = await bus.accessRules.all();
      refuseOracles({ ...wanted, rules: [...wanted.rules, ...found] });
      const missing = without(wanted.rules, found);
      await bus.accessRules.add(missing);
      return missing;
    });
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ added });
    else if (added.length > 0) for (const line of ruleTable(added)) terminal.say(line);
    terminal.note(`${added.length} rules added`, { added: added.length });
    return { next: 'see that nothing is too much: sealstream kafka acls check' };
  },
});
