/** bus: Exactly-once Kafka stages. The only importer of kafkajs. */
export {};
