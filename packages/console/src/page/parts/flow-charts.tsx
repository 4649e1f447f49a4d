import { type DatasetFlow, STAGE_NAMES, TOPIC_KINDS } from '../api/answers.ts';
import { type Sample, thinned } from '../api/flow-history.ts';
import { milliseconds, rate, seconds } from '../words/numbers.ts';
import { Chart, type Line } from './chart.tsx';
import { Moment } from './moment.tsx';
import { Table } from './table.tsx';

interface Figure {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly show: (value: number) => string;
}

/** What is drawn of a dataset. */
const FIGURES: readonly Figure[] = [
  {
    title: 'Records a second',
    lines: TOPIC_KINDS.map((name) => ({ name, valueOf: ({ rates }) => rates[name] })),
    show: rate,
  },
  {
    title: 'Lag',
    lines: STAGE_NAMES.map((name) => ({
      name,
      valueOf: ({ lagSeconds }) => lagSeconds[name] ?? null,
    })),
    show: seconds,
  },
  {
    title: 'Latency, p95',
    lines: STAGE_NAMES.map((name) => ({
      name,
      valueOf: ({ latencyMs }) => latencyMs[name] ?? null,
    })),
    show: milliseconds,
  },
];

const TABLE_STEP_SECONDS = 30;

function FigureTable({ figure, samples }: { figure: Figure; samples: readonly Sample[] }) {
  const { lines, show, title } = figure;
  return (
    <details>
      <summary>{title} as a table</summary>
      <Table
        caption={`${title}, each half minute`}
        heads={['Time', ...lines.map(({ name }) => name)]}
        rows={thinned(samples, TABLE_STEP_SECONDS).map((sample) => ({
          key: String(sample.at),
          cells: [
            <Moment key="at" at={new Date(sample.at * 1000).toISOString()} />,
            ...lines.map(({ valueOf }) => {
              const value = valueOf(sample);
              return value === null ? 'unknown' : show(value);
            }),
          ],
        }))}
      />
    </details>
  );
}

interface Props {
  readonly dataset: DatasetFlow;
  readonly samples: readonly Sample[];
}

/** The last five minutes of a dataset: drawn, and as tables for whoever does not see drawings. */
export function FlowCharts({ dataset, samples }: Props) {
  return (
    <div class="charts">
      {FIGURES.map((figure) => (
        <figure key={figure.title} class="figure" aria-label={`${figure.title} of ${dataset.name}`}>
          <figcaption>
            {figure.title} <span class="quiet">last 5 minutes</span>
          </figcaption>
          <ul class="legend" aria-hidden="true">
            {figure.lines.map(({ name }, index) => (
              <li key={name}>
                <svg class="swatch" viewBox="0 0 28 8" width="28" height="8">
                  <path class={`stroke-${index + 1}`} d="M1 4H27" />
                </svg>
                {name}
              </li>
            ))}
          </ul>
          <Chart samples={samples} lines={figure.lines} show={figure.show} />
          <FigureTable figure={figure} samples={samples} />
        </figure>
      ))}
    </div>
  );
}
