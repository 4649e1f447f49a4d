declare module 'pino-roll' {
  import type { DestinationStream } from 'pino';

  interface RollOptions {
    file: string;
    size: string;
    frequency: number;
    limit: { count: number; removeOtherLogFiles: boolean };
    mkdir: boolean;
    sync: boolean;
  }
  interface RollStream extends DestinationStream {
    flushSync(): void;
    end(): void;
    on(event: 'error', listener: (error: Error) => void): this;
    once(event: 'close', listener: () => void): this;
  }
  export default function roll(options: RollOptions): Promise<RollStream>;
}
