import { defineGroup } from '../command.ts';
import { kafkaAcls } from './kafka-acls.ts';

export const kafka = defineGroup({
  name: 'kafka',
  summary: 'who may do what at the brokers',
  about:
    'Each program signs in at Kafka as a user of its own, which may do what the program needs and no ' +
    'more. See docs/operations.md for making the users themselves.',
  examples: [['sealstream kafka acls plan', 'what each user may']],
  commands: [kafkaAcls],
});
