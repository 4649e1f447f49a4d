import { PII_CLASS_NAMES, type PiiClass, PiiScanner } from '../src/index.ts';

/** What is found in a text, as [class, value], with the classes given or all. */
export function found(text: string, ...classes: PiiClass[]): [PiiClass, string][] {
  const scanner = new PiiScanner({ classes: classes.length > 0 ? classes : PII_CLASS_NAMES });
  const bytes = Buffer.from(text);
  return scanner
    .scan(bytes)
    .objects()
    .map((finding) => [finding.class, bytes.toString('utf8', finding.from, finding.to)]);
}

/** The values of one class alone. */
export function valuesOf(name: PiiClass, text: string): string[] {
  return found(text, name).map(([, value]) => value);
}
