import type { ByteRange } from '@sealstream/contracts';
import { fieldCipher, type KeySource, type PlainType, type SealMethod } from '@sealstream/crypto';
import { maskAction } from '@sealstream/masking';
import type { ByteWriter, Shape } from '@sealstream/records';
import type { Dataset, Field } from './dataset.ts';
import type { SchemaStage } from './schema-plan.ts';

/** What a stage does to a value, however its format writes it. */
export type ValueTreatment =
  | { readonly writes: 'constant'; readonly value: string | number | boolean | null }
  | {
      readonly writes: 'text' | 'number';
      /** Whether null is written anew like any other value. */
      readonly hidesNull: boolean;
      /** Writes the text of what the value becomes; false when it is unfit. */
      readonly write: (
        source: ByteRange,
        type: PlainType,
        out: ByteWriter,
        keys: KeySource,
      ) => boolean;
    };

function sealed(dataset: Dataset, pattern: string, method: SealMethod): ValueTreatment {
  const cipher = fieldCipher(dataset.name, pattern, method);
  return {
    writes: 'text',
    hidesNull: true,
    write: ({ bytes, from, to }, type, out, keys) => {
      cipher.sealInto(keys, type, bytes, from, to, out);
      return true;
    },
  };
}

interface Subject {
  readonly text: ByteRange | undefined;
}

function masked(dataset: Dataset, field: Field, subject: Subject): ValueTreatment | undefined {
  const { mask, maskGoesWithSubject: goesWithSubject, path } = field;
  const action = maskAction(mask, { dataset: dataset.name, path, subject, goesWithSubject });
  if (action.does === 'fixed') return { writes: 'constant', value: action.value };
  if (action.does !== 'rewrite') return undefined;
  const { output, rewrite } = action;
  return {
    writes: output,
    hidesNull: false,
    write: ({ bytes, from, to }, _type, out, keys) => rewrite(bytes, from, to, out, keys),
  };
}

function ofField(
  dataset: Dataset,
  field: Field,
  stage: SchemaStage,
  subject: Subject,
): ValueTreatment | undefined {
  if (stage === 'mask') return masked(dataset, field, subject);
  if (field.encrypt === 'seal') return sealed(dataset, field.path, field.seal);
  return field.encrypt === 'null' ? { writes: 'constant', value: null } : undefined;
}

/** What a stage does to the values of each slot of a shape; undefined when they stay, or are left out. */
export function valueTreatments(
  dataset: Dataset,
  stage: SchemaStage,
  shape: Shape,
  subject: Subject,
): readonly (ValueTreatment | undefined)[] {
  const sealsUnknown = stage === 'encrypt' && shape.unknown === 'span';
  return shape.patterns.map((pattern, slot) => {
    const field = slot < shape.fieldCount ? dataset.fields[slot] : undefined;
    if (field !== undefined) return ofField(dataset, field, stage, subject);
    return sealsUnknown ? sealed(dataset, pattern, dataset.unknownSeal) : undefined;
  });
}
