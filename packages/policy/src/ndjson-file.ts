import type { KeySource } from '@sealstream/crypto';
import { ByteWriter, type Line, LineReader } from '@sealstream/records';
import type { Dataset } from './dataset.ts';
import type { Stage } from './field-stage.ts';
import type { FileApplication, FileOutput, Finding } from './file-output.ts';
import { encryptPlan, maskPlan, openPlan } from './json-plan.ts';
import type { Plan } from './plan.ts';
import type { Tally } from './tally.ts';

const LF = Buffer.from('\n');
const CRLF = Buffer.from('\r\n');
const LINE_ENDS = [Buffer.alloc(0), LF, CRLF];
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const BLANK = /^[ \t\r]*$/;

const PLANS = { mask: maskPlan, encrypt: encryptPlan, open: openPlan };

class NdjsonFile implements FileApplication {
  readonly #plan: Plan;
  readonly #lines: LineReader;
  readonly #keys: KeySource;
  readonly #tally: Tally;
  readonly #out = new ByteWriter();
  #findings: Finding[] = [];
  #records = 0;

  constructor(dataset: Dataset, stage: Stage, keys: KeySource, tally: Tally) {
    this.#plan = PLANS[stage](dataset);
    // A sealed record is larger than the raw one it came from, at most twice.
    this.#lines = new LineReader(dataset.maxRecordBytes * (stage === 'open' ? 2 : 1));
    this.#keys = keys;
    this.#tally = tally;
  }

  write(chunk: Buffer): FileOutput {
    this.#lines.push(chunk, (line) => this.#line(line));
    return this.#take();
  }

  end(): FileOutput {
    this.#lines.end((line) => this.#line(line));
    return this.#take();
  }

  #line({ line, bytes, endLength, tooLong }: Line): void {
    if (line === 1 && this.#lines.bom) this.#out.copy(MARK);
    if (tooLong) {
      this.#findings.push({ line, code: 'RECORD_TOO_LARGE' });
      return;
    }
    // A blank line holds no record and stays.
    if (bytes.length < 64 && BLANK.test(bytes.toString('latin1'))) {
      this.#out.copy(bytes);
      this.#out.copy(LINE_ENDS[endLength]);
      return;
    }
    const verdict = this.#plan.apply(bytes, this.#keys, this.#tally);
    if (verdict.ok) {
      this.#out.copy(verdict.value);
      this.#out.copy(LINE_ENDS[endLength]);
      this.#records++;
      return;
    }
    const { code, byte, path } = verdict;
    this.#findings.push({
      line,
      code,
      ...(byte !== undefined && { byte }),
      ...(path !== undefined && { path }),
    });
  }

  #take(): FileOutput {
    const output = {
      bytes: this.#out.take(),
      findings: this.#findings,
      records: this.#records,
    };
    this.#out.reset();
    this.#findings = [];
    this.#records = 0;
    return output;
  }
}

/**
 * A file of one JSON object a line through a stage. Blank lines, line ends and a byte order mark
 * stay; a bad line gives a finding and nothing else, and the next one is treated.
 */
export function ndjsonFile(
  dataset: Dataset,
  stage: Stage,
  keys: KeySource,
  tally: Tally,
): FileApplication {
  return new NdjsonFile(dataset, stage, keys, tally);
}
