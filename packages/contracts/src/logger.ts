/** What a log line may carry beside its message: names, counts, codes; never a value or a key. */
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

/** What links and programs log to; the service package gives one that writes JSON lines. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
