import type { Logger } from '@sealstream/contracts';
import type { Dataset, SchemaFinding } from '@sealstream/policy';
import type { AuditEmitter } from './audit-emitter.ts';

/** An event is for reading; the log has all of them. */
const TEXT_MAX = 500;

interface Hearers {
  readonly audit: Pick<AuditEmitter, 'note'>;
  readonly logger: Logger;
}

/**
 * Tells what was seen of each schema when it was met first: in the log, and as an audit event, since a
 * field that the policy does not name is somebody's to decide. Names of fields are told, no values.
 */
export class SchemaFindings {
  readonly #stage: string;
  readonly #hearers: Hearers;

  constructor(stage: string, hearers: Hearers) {
    this.#stage = stage;
    this.#hearers = hearers;
  }

  tell({ name, unknownFields }: Dataset, finding: SchemaFinding): void {
    const { audit, logger } = this.#hearers;
    const { outputId, problems, schemaId, unknown } = finding;
    const first = problems[0];
    const details = {
      schemaId,
      ...(outputId !== undefined && { outputId }),
      ...(unknown.length > 0 && { unknown: short(unknown.join(' ')), unknownFields }),
      ...(first !== undefined && {
        code: first.code,
        problems: short(problems.map(({ code, path }) => `${code} ${path}`.trim()).join(', ')),
      }),
    };
    audit.note({ type: 'schema-met', dataset: name, details });
    const row = { stage: this.#stage, dataset: name, ...details };
    if (first !== undefined) logger.warn(row, 'records of a schema are rejected');
    else if (unknown.length > 0)
      logger.warn(row, 'a schema has fields that the policy does not name');
    else logger.info(row, 'met a schema');
  }
}

function short(text: string): string {
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX)}…`;
}
