import { defineGroup } from '../command.ts';
import { kafkaAcls } from './kafka-acls.ts';
import { kafkaUsers } from './kafka-users.ts';

export const kafka = defineGroup({
  name: 'kafka',
  summary: 'who may do what at the brokers',
  about:
    'Each program signs in at Kafka as a user of its own, which may do what the program needs and no ' +
    'more.',
  examples: [
    ['sealstream kafka acls plan', 'what each user may'],
    ['sealstream kafka users check', 'who is missing'],
  ],
  commands: [kafkaAcls, kafkaUsers],
});
