import type { OwnServers } from '../flow/own-servers.ts';
import type { Report } from '../ground/report.ts';
import type { ScaleOptions } from './options.ts';

/** What a row is measured with: servers of its own, on which the flow's keys and
 * topics and an empty raw are made. */
export interface Ground extends OwnServers {
  readonly options: ScaleOptions;
  /** Folder with an unpatched kafkajs in node_modules. */
  readonly kafkajs: string;
  readonly report: Report;
}
