import { DEFAULT_SEAL, type FieldAlgorithm, type SealMethod } from '@sealstream/crypto';
import type { ExposureReport } from './exposure.ts';
import type { FieldText, SealText } from './language.ts';
import type { Place } from './source-text.ts';
import { type ClassName, VALUE_CLASSES } from './value-class.ts';

/** Below this many bits the length of a value may be the value. */
const FEW_VALUES_BITS = 10;

/** What a field says, and where, as far as its sealing goes by it. */
interface SealedField {
  readonly place: Place;
  readonly path: string;
  readonly text: FieldText;
  /** Whether the dataset names a subject. */
  readonly hasSubject: boolean;
}

/** What stands under `encrypt: { seal: … }`. */
function sealText({ encrypt }: FieldText): SealText {
  return typeof encrypt === 'object' && encrypt !== null ? encrypt.seal : {};
}

function algorithmOf({ algorithm, deterministic, form }: SealText): FieldAlgorithm {
  if (form === 'fernet') return 'fernet';
  if (form === 'jwe') return 'aes-256-gcm';
  if (deterministic === true) return 'xchacha20-poly1305-siv';
  return algorithm ?? DEFAULT_SEAL.algorithm;
}

/** What contradicts itself in how a field is sealed, each with the word it stands at. */
function contradictions(
  { algorithm, bind, deterministic, form = 'token' }: SealText,
  hasSubject: boolean,
): [word: string, message: string][] {
  const found: [string, string][] = [];
  const isToken = form === 'token';
  if (!isToken && algorithm !== undefined)
    found.push(['algorithm', `algorithm goes with form: token; ${form} has one of its own`]);
  if (!isToken && deterministic === true)
    found.push(['deterministic', 'deterministic goes with form: token']);
  if (deterministic === true && algorithm === 'aes-256-gcm')
    found.push(['deterministic', 'deterministic goes with xchacha20-poly1305']);
  if (!isToken && bind !== undefined) found.push(['bind', 'bind goes with form: token']);
  if (deterministic === true && bind?.includes('record-id') === true)
    found.push(['bind', 'bound to its record, no two tokens would be equal']);
  if (bind?.includes('subject') === true && !hasSubject)
    found.push(['bind', 'bind names the subject, and the dataset has none']);
  if (bind !== undefined && new Set(bind).size < bind.length)
    found.push(['bind', 'bind names the same twice']);
  return found;
}

function checkPadding(report: ExposureReport, field: SealedField, place: Place): void {
  const { path, text } = field;
  const types = typeof text.type === 'string' ? [text.type] : text.type;
  const className: ClassName | undefined = text.class;
  const isFew = className !== undefined && VALUE_CLASSES[className].bits <= FEW_VALUES_BITS;
  const at = [...place, 'pad'];
  if (types.includes('boolean') || isFew)
    report.source.report(at, 'without padding the length tells the value; leave pad out', path);
  else report.warn(at, 'without padding the length of each value shows on encrypted', path);
}

/** How a field is sealed; what cannot be is reported. */
export function readSeal(report: ExposureReport, field: SealedField): SealMethod {
  const { hasSubject, path, text } = field;
  const seal = sealText(text);
  const place = [...field.place, 'encrypt', 'seal'];
  for (const [word, message] of contradictions(seal, hasSubject))
    report.source.report([...place, word], message, path);
  if (seal.pad === 'none') checkPadding(report, field, place);
  const algorithm = algorithmOf(seal);
  return {
    form: seal.form ?? DEFAULT_SEAL.form,
    algorithm,
    keys: keysOf(report, field, algorithm),
    bind: (['subject', 'record-id'] as const).filter((what) => seal.bind?.includes(what)),
    pad: seal.pad !== 'none',
  };
}

/** Of records with a subject, only what is under the subject's own key goes with a shred. */
function keysOf(
  report: ExposureReport,
  { hasSubject, path, place, text }: SealedField,
  algorithm: FieldAlgorithm,
): SealMethod['keys'] {
  const survives = text.survivesShred === true;
  if (survives && !hasSubject)
    report.source.report([...place, 'survivesShred'], 'the dataset has no subject to shred', path);
  if (!hasSubject || survives) return 'field';
  if (algorithm !== DEFAULT_SEAL.algorithm && isSealed(text)) {
    const message =
      'a value sealed so can be opened after its subject was shredded: leave form, algorithm and ' +
      'deterministic out, or say survivesShred: true';
    report.source.report([...place, 'encrypt'], message, path);
  }
  return 'subject';
}

function isSealed({ encrypt }: FieldText): boolean {
  return (
    encrypt === undefined || encrypt === 'seal' || (typeof encrypt === 'object' && encrypt !== null)
  );
}
