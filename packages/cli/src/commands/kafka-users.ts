import { defineGroup } from '../command.ts';
import { kafkaUsersApply } from './kafka-users-apply.ts';
import { kafkaUsersCheck } from './kafka-users-check.ts';

export const kafkaUsers = defineGroup({
  name: 'users',
  summary: 'check and make the users of the flow',
  about:
    'Users with a password at Kafka itself (SASL/SCRAM), for the names of `kafka acls plan`. One that ' +
    'signs in with a certificate needs none. To give one another password, or to take one away, use ' +
    "Kafka's own tool.",
  examples: [
    ['sealstream kafka users check', 'tells who is missing, and who is too much'],
    ['sealstream kafka users apply --dir passwords', 'makes those that are missing'],
  ],
  commands: [kafkaUsersCheck, kafkaUsersApply],
});
