import { Fragment } from 'preact';
import type { DatasetFlow, Stage, StageName, TopicKind } from '../api/answers.ts';
import { addressOf } from '../place.ts';
import { count, counted, milliseconds, rate, seconds } from '../words/numbers.ts';
import { Tag } from './tag.tsx';

/** What each topic holds, for whoever does not know the flow by heart. */
const HOLDS: Readonly<Record<TopicKind, string>> = {
  raw: 'plain, as it came',
  accepted: 'sealed whole',
  masked: 'for analysts',
  encrypted: 'for holders of keys',
  rejected: 'by any stage: sealed, with the reason',
};

/** A long name breaks behind its dots, not in the middle of a word. */
function TopicName({ name }: { readonly name: string }) {
  return (
    <span class="node-name">
      {name.split(/(?<=\.)/).map((part, index) => (
        <Fragment key={`${index}/${part}`}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </span>
  );
}

function Topic({ dataset, kind }: { readonly dataset: DatasetFlow; readonly kind: TopicKind }) {
  return (
    <div class={`node topic node-${kind}`}>
      <TopicName name={dataset.topics[kind]} />
      <span class="figures node-rate">{rate(dataset.rates[kind])}</span>
      <span class="quiet">{HOLDS[kind]}</span>
    </div>
  );
}

function StageState({ stage }: { readonly stage: Stage }) {
  const { members, paused } = stage;
  if (paused.length > 0)
    return (
      <Tag tone="bad">
        {counted(paused.length, 'partition')} paused
        <span class="unseen">: {paused.map(({ code }) => code).join(', ')}</span>
      </Tag>
    );
  if (members === 0) return <Tag tone="bad">not running</Tag>;
  return <Tag tone="good">{counted(members, 'process', 'processes')}</Tag>;
}

function StageNode({ dataset, name }: { readonly dataset: DatasetFlow; readonly name: StageName }) {
  const stage = dataset.stages.find((one) => one.name === name);
  return (
    <div class={`node stage node-${name}`}>
      <span class="node-name">{name}</span>
      {stage === undefined ? (
        <span class="quiet">unknown</span>
      ) : (
        <>
          <StageState stage={stage} />
          <dl class="stage-facts figures">
            <dt>Lag</dt>
            <dd>
              <span>{counted(stage.lagRecords, 'record')}</span>
              <span>{seconds(stage.lagSeconds)}</span>
            </dd>
            <dt>Latency</dt>
            <dd>
              {stage.latencyMs === null ? (
                'unknown'
              ) : (
                <>
                  <span>{milliseconds(stage.latencyMs.p50)}</span>
                  <span>p95 {milliseconds(stage.latencyMs.p95)}</span>
                </>
              )}
            </dd>
          </dl>
        </>
      )}
    </div>
  );
}

function Arrow({ at }: { readonly at: string }) {
  return (
    <svg class={`arrow arrow-${at}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d="M3 12h16m-6-6 6 6-6 6" />
    </svg>
  );
}

/** Paused partitions and why, since the picture has room for their number only. */
function Paused({ stages }: { readonly stages: readonly Stage[] }) {
  const rows = stages.flatMap(({ name, paused }) => paused.map((one) => ({ name, ...one })));
  if (rows.length === 0) return null;
  return (
    <ul class="plain-list">
      {rows.map(({ code, name, partition }) => (
        <li key={`${name}/${partition}`}>
          {name} has paused partition {partition}: <code>{code}</code>
        </li>
      ))}
    </ul>
  );
}

interface Props {
  readonly dataset: DatasetFlow;
  readonly canReadRejects: boolean;
}

/** The way of a dataset's records, with what goes over it at this moment. */
export function FlowPicture({ canReadRejects, dataset }: Props) {
  const { name, rejectedTotal, stages } = dataset;
  return (
    <>
      <div class="picture" role="group" aria-label={`The flow of ${name}`}>
        <Topic dataset={dataset} kind="raw" />
        <Arrow at="ingest" />
        <StageNode dataset={dataset} name="ingest" />
        <Arrow at="accepted" />
        <Topic dataset={dataset} kind="accepted" />
        <Arrow at="mask" />
        <StageNode dataset={dataset} name="mask" />
        <Arrow at="masked" />
        <Topic dataset={dataset} kind="masked" />
        <Arrow at="encrypt" />
        <StageNode dataset={dataset} name="encrypt" />
        <Arrow at="encrypted" />
        <Topic dataset={dataset} kind="encrypted" />
        <Arrow at="rejected" />
        <Topic dataset={dataset} kind="rejected" />
      </div>
      <Paused stages={stages} />
      <p>
        {canReadRejects ? (
          <a href={addressOf('rejects', name)}>{count(rejectedTotal)} rejected in all</a>
        ) : (
          <>{count(rejectedTotal)} rejected in all</>
        )}
      </p>
    </>
  );
}
