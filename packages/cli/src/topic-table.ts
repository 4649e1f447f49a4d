import type { PlannedTopic } from '@sealstream/service';

import { textTable } from './table.ts';
import type { Terminal } from './terminal.ts';

const COLOURS = { ok: 'green', missing: 'yellow', differs: 'red' } as const;

/** Shows a plan: one line a topic, and below it what differs. */
export function showPlan(terminal: Terminal, plan: readonly PlannedTopic[]): void {
  if (terminal.json) {
    terminal.sayJson({ topics: plan });
    return;
  }
  const rows = plan.map(({ differences, isOurs, partitions, replicas, state, topic }) => [
    topic,
    String(partitions),
    String(replicas),
    state,
    state === 'missing' ? '' : isOurs ? 'sealstream' : 'others',
    differences
      .map(({ found, setting, wanted }) => `${setting} ${found}, not ${wanted}`)
      .join('; '),
  ]);
  const [head = '', ...lines] = textTable(
    [
      { head: 'topic' },
      { head: 'partitions', align: 'right' },
      { head: 'replicas', align: 'right' },
      { head: 'state' },
      { head: 'made by' },
      { head: 'differences' },
    ],
    rows,
  );
  terminal.say(terminal.paint('bold', head));
  lines.forEach((line, at) => {
    const { state } = plan[at];
    terminal.say(state === 'ok' ? line : terminal.paint(COLOURS[state], line));
  });
}
