import { z } from 'zod';

/** On CONTROL_TOPIC under `pause/<stage>/<dataset>`: the stage starts no further transaction. */
export const ControlPause = z.object({
  v: z.literal(1),
  paused: z.boolean(),
  by: z.string(),
  at: z.iso.datetime(),
});
export type ControlPause = z.infer<typeof ControlPause>;

/** On CONTROL_TOPIC under `topic/<name>`: Sealstream created the topic with this id. */
export const ControlTopic = z.object({
  v: z.literal(1),
  /** Kafka's topic id in hex: a topic made again by others has another one. */
  id: z.string(),
  at: z.iso.datetime(),
});
export type ControlTopic = z.infer<typeof ControlTopic>;
