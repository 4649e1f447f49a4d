import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { HISTORY_SECONDS, type Sample } from '../api/flow-history.ts';
import { THEME_CHANGED } from '../theme.ts';

/** One line of a chart. Lines differ in colour and in dashes. */
export interface Line {
  readonly name: string;
  readonly valueOf: (sample: Sample) => number | null;
}

const HEIGHT = 150;
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5]];

const colour = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function optionsOf(lines: readonly Line[], width: number, show: (value: number) => string) {
  const axis: uPlot.Axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: `12px ${colour('--font')}`,
  };
  const time: uPlot.Axis = { ...axis, values: '{HH}:{mm}', space: 60 };
  const values: uPlot.Axis = {
    ...axis,
    size: 64,
    values: (_self, splits) => splits.map((split) => show(split)),
  };
  const options: uPlot.Options = {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true, range: (_self, _min, max) => [max - HISTORY_SECONDS, max] },
      y: { range: (_self, _min, max) => [0, Math.max(max * 1.1, 1)] },
    },
    axes: [time, values],
    series: [
      {},
      ...lines.map(({ name }, index) => ({
        label: name,
        stroke: colour(`--series-${index + 1}`),
        width: 2,
        dash: [...(DASHES[index] ?? [])],
        spanGaps: false,
        points: { show: false },
      })),
    ],
  };
  return options;
}

const dataOf = (samples: readonly Sample[], lines: readonly Line[]): uPlot.AlignedData => [
  samples.map(({ at }) => at),
  ...lines.map(({ valueOf }) => samples.map(valueOf)),
];

/** Grows when colours changed, by the reader's choice or the system's. */
function useColours(): number {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const next = () => setTurn((before) => before + 1);
    const query = matchMedia('(prefers-color-scheme: dark)');
    query.addEventListener('change', next);
    window.addEventListener(THEME_CHANGED, next);
    return () => {
      query.removeEventListener('change', next);
      window.removeEventListener(THEME_CHANGED, next);
    };
  }, []);
  return turn;
}

interface Props {
  readonly samples: readonly Sample[];
  readonly lines: readonly Line[];
  readonly show: (value: number) => string;
}

/** The lines over the last five minutes, drawn. Whoever shows it says the same in a table. */
export function Chart({ lines, samples, show }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const data = useRef<uPlot.AlignedData>([[]]);
  data.current = dataOf(samples, lines);
  const colours = useColours();
  const names = lines.map(({ name }) => name).join('/');
  useEffect(() => {
    const place = box.current;
    if (place === null) return undefined;
    const made = new uPlot(optionsOf(lines, place.clientWidth, show), data.current, place);
    plot.current = made;
    const watch = new ResizeObserver(() =>
      made.setSize({ width: place.clientWidth, height: HEIGHT }),
    );
    watch.observe(place);
    return () => {
      watch.disconnect();
      made.destroy();
    };
    // The lines are the same as long as their names are.
  }, [colours, names]);
  useEffect(() => plot.current?.setData(data.current), [samples]);
  return <div class="chart" ref={box} aria-hidden="true" />;
}
