import type { OwnServers } from '../flow/own-servers.ts';
import type { Report } from '../ground/report.ts';
import type { PipelineOptions } from './options.ts';

/** What a row is measured with: servers of its own, which held nothing before. */
export interface Ground extends OwnServers {
  readonly options: PipelineOptions;
  /** Of a raw record. */
  readonly bytes: number;
  /** Folder with an unpatched kafkajs in node_modules. */
  readonly kafkajs: string;
  readonly report: Report;
}

export const AGAINST = 'plain loop on stock kafkajs';
