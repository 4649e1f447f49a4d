import { once } from 'node:events';

import type { LogFields, Logger } from '@sealstream/contracts';
import { type DestinationStream, destination, pino } from 'pino';

import { allowedFields } from './log-fields.ts';
import { VERSION } from './version.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogOptions {
  readonly service: string;
  readonly instance: string;
  readonly level: LogLevel;
  /** Without a file the log goes to stderr, line by line and unbuffered. */
  readonly file?: {
    readonly path: string;
    readonly sizeBytes: number;
    readonly ageMs: number;
    /** Rotated files kept beside the present one. */
    readonly count: number;
  };
}

/** A logger that is also closed at the end. */
export interface Log extends Logger {
  close(): Promise<void>;
}

/**
 * Opens the log of a process: JSON lines with the field names of the Elastic Common Schema.
 *
 * Promises: only fields of known names pass (log-fields.ts), every line is written before the call
 * returns, so nothing is lost when the process ends, and files are rotated by size and by age and
 * limited in number. Messages are constant texts of the code; what varies goes into fields.
 */
export async function openLog(options: LogOptions): Promise<Log> {
  if (options.file === undefined)
    return logTo(options, destination({ dest: 2, sync: true }), () => Promise.resolve());
  const { ageMs, count, path, sizeBytes } = options.file;
  // Loaded by those who have a file alone: it brings three hundred modules of dates.
  const { default: roll } = await import('pino-roll');
  const stream = await roll({
    file: path,
    size: `${Math.ceil(sizeBytes / 1024)}k`,
    frequency: ageMs,
    limit: { count, removeOtherLogFiles: true },
    mkdir: true,
    sync: true,
  });
  // A full disk must not end the flow; the next line tries again.
  stream.on('error', () => undefined);
  return logTo(options, stream, async () => {
    const closed = once(stream as unknown as NodeJS.EventEmitter, 'close');
    stream.flushSync();
    stream.end();
    await closed;
  });
}

/** A log on a stream of the caller's, such as a test's; see openLog. */
export function logTo(
  { instance, level, service }: Pick<LogOptions, 'instance' | 'level' | 'service'>,
  stream: DestinationStream,
  close: () => Promise<void> = () => Promise.resolve(),
): Log {
  const lines = pino(
    {
      level,
      messageKey: 'message',
      timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ 'log.level': label }) },
      base: {
        'ecs.version': '8.11.0',
        'service.name': service,
        'service.version': VERSION,
        'service.node.name': instance,
        'process.pid': process.pid,
      },
    },
    stream,
  );
  return {
    debug: (fields: LogFields, message: string) => lines.debug(allowedFields(fields), message),
    info: (fields: LogFields, message: string) => lines.info(allowedFields(fields), message),
    warn: (fields: LogFields, message: string) => lines.warn(allowedFields(fields), message),
    error: (fields: LogFields, message: string) => lines.error(allowedFields(fields), message),
    close,
  };
}
