import type { FaultKind } from '../kinds.ts';
import { cut, halfOpen, lostAnswer, slow } from './connection-faults.ts';
import type { Injection } from './injection.ts';
import { clockJump, diskFull } from './machine-faults.ts';
import { kill, stop, term } from './process-faults.ts';
import { brokerAway, brokerRestart, redisAway } from './server-faults.ts';

/** How each kind of fault is done. */
export const INJECTIONS: Readonly<Record<FaultKind, Injection>> = {
  kill,
  term,
  stop,
  brokerRestart,
  brokerKill: brokerAway,
  brokerDown: brokerAway,
  redisRestart: redisAway,
  redisAway,
  cut,
  slow,
  halfOpen,
  lostAnswer,
  diskFull,
  clockJump,
};
