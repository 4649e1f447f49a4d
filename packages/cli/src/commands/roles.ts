import { defineGroup } from '../command.ts';
import { rolesList } from './roles-list.ts';

export const roles = defineGroup({
  name: 'roles',
  summary: 'show the roles of the policy',
  about: 'Roles are written in the section access of the policy: docs/policy.md.',
  examples: [['sealstream roles list', 'what each role may do']],
  commands: [rolesList],
});
