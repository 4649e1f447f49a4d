import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ServiceName, FLOW_SERVICES } from '@sealstream/contracts';
import {
  isReady,
  metricsOf,
  type ServiceEnvironment,
  startService,
} from '../demo/service-processes.ts';
import { freePorts } from '../stack/free-ports.ts';
import { runs, startDetached } from '../stack/processes.ts';
import { STAGES } from './kinds.ts';
import type { StockWorkerOptions } from './stock-worker.ts';
import { type Launch, type Running, type Start, SupervisedService } from './supervised-service.ts';

/** As stock-worker.ts says it; that file is a program and is not loaded here. */
const JOINED = 'joined the group';
/** Times of the flow: with quicker ones a short run sees what takes its time in earnest. */
const SESSION = { long: '6s', short: '2s' } as const;
const KEY_CEILING = { long: '30s', short: '3s' } as const;
const IS_STAGE = new Set<string>(STAGES);

export interface ServicesOptions {
  readonly environment: ServiceEnvironment;
  readonly isShort: boolean;
  /** What a stock worker is told; for the client `stock`. */
  readonly stock: StockWorkerOptions | undefined;
}

function settingsFor(name: ServiceName, isShort: boolean): Record<string, string> {
  const form = isShort ? 'short' : 'long';
  if (!IS_STAGE.has(name)) return {};
  return {
    SEALSTREAM_SESSION_TIMEOUT: SESSION[form],
    // Redis is away for longer than that, so the flow stands still for a while and goes on.
    SEALSTREAM_KEY_CACHE_CEILING: KEY_CEILING[form],
    SEALSTREAM_KEY_POLL: '1s',
    ...(name === 'ingest' ? { SEALSTREAM_DELETE_EVERY: '20s' } : {}),
  };
}

/** Every start has a log of its own: mask-1.log, mask-2.log. */
function launchService(name: ServiceName, options: ServicesOptions): Launch {
  let starts = 0;
  return async ({ env, onExit }: Start): Promise<Running> => {
    starts += 1;
    const [port = 0] = await freePorts(1);
    const { environment, isShort } = options;
    const more = { ...environment.more, ...settingsFor(name, isShort), ...env };
    const logName = `${name}-${starts}`;
    const service = startService(name, port, { ...environment, more }, { logName, onExit });
    return {
      process: service.process,
      log: service.log,
      // One that is gone is not ready; whoever waits says so in time.
      isReady: () => isReady(service).catch(() => false),
      metrics: () => metricsOf(service),
    };
  };
}

function launchStock(stock: StockWorkerOptions, environment: ServiceEnvironment): Launch {
  const program = join(import.meta.dirname, 'stock-worker.ts');
  const { place } = environment;
  let starts = 0;
  return async ({ env, onExit }: Start): Promise<Running> => {
    starts += 1;
    const log = join(place.logs, `stock-${starts}.log`);
    const flags = ['--disable-warning=ExperimentalWarning'];
    const process_ = startDetached(process.execPath, [...flags, program, JSON.stringify(stock)], {
      cwd: place.root,
      log,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
      onExit,
    });
    return {
      process: process_,
      log,
      isReady: () => Promise.resolve(runs(process_) && readFileSync(log, 'utf8').includes(JOINED)),
      metrics: () => Promise.resolve(''),
    };
  };
}

/** The five services; with the client `stock` a plain kafkajs worker is called mask. */
export function servicesOf(options: ServicesOptions): Map<ServiceName, SupervisedService> {
  const { environment, stock } = options;
  return new Map(
    FLOW_SERVICES.map((name) => {
      const launch =
        name === 'mask' && stock !== undefined
          ? launchStock(stock, environment)
          : launchService(name, options);
      return [name, new SupervisedService(name, launch)];
    }),
  );
}
