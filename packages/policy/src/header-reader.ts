import { RESERVED_HEADER_PREFIX } from '@sealstream/contracts';
import type { Field } from './dataset.ts';
import type { ExposureReport } from './exposure.ts';
import { type FieldSurroundings, ownSubjectProblem, readField } from './field-reader.ts';
import type { FieldText, HeadersText } from './language.ts';
import { headerPath } from './record-part.ts';
import type { Place, SourceText } from './source-text.ts';

/** What a list says of each name, and a map with the word alone. */
const KEEP = { mask: 'keep', encrypt: 'keep' } as const;

/** The headers that pass, in the order of the policy; those that could not be read are left out. */
export function readHeaders(
  report: ExposureReport,
  place: Place,
  text: HeadersText | undefined,
  surroundings: FieldSurroundings,
): Field[] {
  const { source } = report;
  if (text === undefined) return [];
  checkNames(source, place, text);
  const named = Array.isArray(text)
    ? text.map((name, at) => [name, 'keep', at] as const)
    : Object.entries(text).map(([name, said]) => [name, said, name] as const);
  return named.flatMap(([name, said, step]) => {
    const given: FieldText = { type: 'string', ...(said === 'keep' ? KEEP : said) };
    const at = [...place, step];
    const rest = { ...surroundings, required: false };
    const field = readField(report, at, headerPath(name), given, rest);
    if (field === undefined) return [];
    const problem = ownSubjectProblem(field.mask, 'a header');
    if (surroundings.hasSubject && problem !== undefined)
      source.report([...at, 'mask'], problem, field.path);
    return [field];
  });
}

function checkNames(source: SourceText, place: Place, text: HeadersText): void {
  const names = Array.isArray(text) ? text : Object.keys(text);
  for (const [i, name] of names.entries()) {
    const report = (message: string): void => {
      if (Array.isArray(text)) source.report([...place, i], message);
      else source.reportKey([...place, name], message);
    };
    if (name.toLowerCase().startsWith(RESERVED_HEADER_PREFIX))
      report(`headers that begin with ${RESERVED_HEADER_PREFIX} are Sealstream's own`);
    else if (names.indexOf(name) !== i) report(`headers names ${name} twice`);
  }
}
