import { defineGroup } from '../command.ts';
import { kafkaAclsApply } from './kafka-acls-apply.ts';
import { kafkaAclsCheck } from './kafka-acls-check.ts';
import { kafkaAclsPlan } from './kafka-acls-plan.ts';

export const kafkaAcls = defineGroup({
  name: 'acls',
  summary: 'plan, apply and check the ACLs of the flow',
  about:
    'The ACLs of the six services, of the operator and of three example programs, made from the ' +
    'policy and its topics. No user gets both to write raw and to read masked or encrypted.',
  examples: [
    ['sealstream kafka acls plan', 'what each user may'],
    ['sealstream kafka acls apply', 'adds what is missing'],
    ['sealstream kafka acls check', 'tells what is missing, and what is too much'],
  ],
  commands: [kafkaAclsPlan, kafkaAclsApply, kafkaAclsCheck],
});
