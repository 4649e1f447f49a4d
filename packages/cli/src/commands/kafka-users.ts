import { defineGroup } from '../command.ts';
import { kafkaUsersApply } from './kafka-users-apply.ts';
import { kafkaUsersCheck } from './kafka-users-check.ts';
import { kafkaUsersDelete } from './kafka-users-delete.ts';
import { kafkaUsersRotate } from './kafka-users-rotate.ts';

export const kafkaUsers = defineGroup({
  name: 'users',
  summary: 'check, make, rotate and delete the users of the flow',
  about:
    'Users with a password at Kafka itself (SASL/SCRAM), for the names of `kafka acls plan`. One that ' +
    'signs in with a certificate needs none.',
  examples: [
    ['sealstream kafka users check', 'tells who is missing, and who is too much'],
    ['sealstream kafka users apply --dir passwords', 'makes those that are missing'],
    ['sealstream kafka users rotate mask --dir passwords', 'gives one another password'],
  ],
  commands: [kafkaUsersCheck, kafkaUsersApply, kafkaUsersRotate, kafkaUsersDelete],
});
