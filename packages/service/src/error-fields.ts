import { type LogFields, SealstreamError } from '@sealstream/contracts';

/** One line of a V8 stack: a function of ours or Node's and where it stands, nothing else. */
const FRAME = /^ {4}at (?:async )?(?:[\w$.<>#[\] ]+ \()?(?:file:\/\/|node:|\/)[^\s()]+:\d+:\d+\)?$/;

/**
 * What a log may say about an error.
 *
 * Promises: an error of ours gives its code and its place, which hold no value by contract; any
 * other error gives its type, its code when that has the form of one, and the frames of its stack.
 * Its message never passes, because messages quote input (JSON.parse does).
 */
export function errorFields(error: unknown): LogFields {
  if (error instanceof SealstreamError) {
    const place = Object.entries(error.place)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
    return { code: error.code, place: place === '' ? undefined : place };
  }
  if (!(error instanceof Error)) return { errorType: typeof error };
  return { errorType: typeOf(error), code: codeOf(error), stack: framesOf(error) };
}

function typeOf(error: Error): string {
  return /^[A-Za-z]{1,60}$/.test(error.name) ? error.name : 'Error';
}

/** Node's code, or the name of a broker's refusal, which kafkajs and bus keep under `type`. */
function codeOf(error: Error): string | undefined {
  const given: readonly unknown[] = [
    'code' in error ? error.code : undefined,
    'type' in error ? error.type : undefined,
  ];
  return given.find(
    (code): code is string => typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code),
  );
}

/** The stack after its message; nothing when the message cannot be told from the frames. */
function framesOf({ message, stack }: Error): string | undefined {
  if (typeof stack !== 'string' || typeof message !== 'string') return undefined;
  const start = stack.indexOf(message);
  if (start < 0) return undefined;
  const lines = stack.slice(start + message.length).split('\n');
  const frames = lines.filter((line) => FRAME.test(line)).slice(0, 20);
  return frames.length === 0 ? undefined : frames.map((line) => line.trim()).join('\n');
}
