import type { Bench } from './ground/bench.ts';
import { ACCESS } from './access/access.ts';
import { CRYPTO } from './crypto/crypto.ts';
import { FPE } from './fpe/fpe.ts';
import { IDLE } from './idle/idle.ts';
import { KANON } from './kanon/kanon.ts';
import { KEYS } from './keys/keys.ts';
import { MASK } from './mask/mask.ts';
import { PII } from './pii/pii.ts';
import { PIPELINE } from './pipeline/pipeline.ts';
import { SCALE } from './scale/scale.ts';
import { SIGN_IN } from './sign-in/sign-in.ts';
import { SUBJECTS } from './subjects/subjects.ts';
import { TRANSPORT } from './transport/transport.ts';

/** Every bench; the help and the tests are made from this table. */
export const BENCHES: readonly Bench[] = [
  PIPELINE,
  SCALE,
  TRANSPORT,
  CRYPTO,
  MASK,
  FPE,
  PII,
  KANON,
  KEYS,
  SUBJECTS,
  SIGN_IN,
  IDLE,
  ACCESS,
];
