import { type Bus, openBus } from '@sealstream/bus';
import type { Logger } from '@sealstream/contracts';

const say = (level: string) => (fields: object, message: string) => {
  process.stderr.write(`${level} ${message} ${JSON.stringify(fields)}\n`);
};
const silent = () => undefined;
/** Only what explains a failed run. */
const logger: Logger = { debug: silent, info: silent, warn: say('warn'), error: say('error') };

/** The bus of a measured program. */
export function stageBus(brokers: string, clientId: string): Promise<Bus> {
  return openBus({ brokers: brokers.split(','), clientId, logger });
}
