// Asks for the same again and again, and tells how long each answer took.
import { MEASURING, type RequestFigures, type RequestLoad } from '../load-form.ts';
import { type Answer, KeptConnection } from './kept-connection.ts';

/** One of the sixteen million addresses of loopback (RFC 1122, 3.2.1.3). */
function anyAddress(): string {
  const part = () => 1 + Math.floor(Math.random() * 250);
  return `127.${part()}.${part()}.${part()}`;
}

/** An open loop gives up on more than so many at once: they count as status 0. */
const MOST_AT_ONCE = 2000;

async function run(load: RequestLoad): Promise<RequestFigures> {
  const { hostname, pathname, port } = new URL(load.url);
  const headers = {
    host: hostname,
    ...load.headers,
    'content-length': Buffer.byteLength(load.body),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = Buffer.from(`POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n${load.body}`);
  const latenciesMs: number[] = [];
  const statuses: Record<string, number> = {};
  const beginMs = performance.now() + load.warmSeconds * 1000;
  const endMs = beginMs + load.seconds * 1000;
  const idle: KeptConnection[] = [];
  let cpu = process.cpuUsage();
  const begun = setTimeout(() => {
    cpu = process.cpuUsage();
    process.stdout.write(`${MEASURING}\n`);
  }, load.warmSeconds * 1000);

  async function ask(): Promise<Answer> {
    const from = load.fromMany === true ? anyAddress() : undefined;
    const connection = idle.pop() ?? (await KeptConnection.open(Number(port), from));
    const answer = await connection.ask(request);
    if (answer.isLast || from !== undefined) connection.close();
    else idle.push(connection);
    return answer;
  }

  async function measured(): Promise<void> {
    const askedMs = performance.now();
    const { status } = await ask();
    const answeredMs = performance.now();
    if (askedMs < beginMs || askedMs > endMs) return;
    latenciesMs.push(answeredMs - askedMs);
    statuses[status] = (statuses[status] ?? 0) + 1;
  }

  async function closedLoop(): Promise<void> {
    while (performance.now() < endMs) await measured();
  }

  async function openLoop(perSecond: number): Promise<void> {
    const waiting = new Set<Promise<void>>();
    const firstMs = performance.now();
    for (let asked = 0; performance.now() < endMs; asked += 1) {
      const leftMs = firstMs + (asked * 1000) / perSecond - performance.now();
      if (leftMs > 1) await new Promise((resolve) => setTimeout(resolve, leftMs));
      if (waiting.size >= MOST_AT_ONCE) {
        statuses['0'] = (statuses['0'] ?? 0) + 1;
        continue;
      }
      const one = measured().finally(() => waiting.delete(one));
      waiting.add(one);
    }
    await Promise.all(waiting);
  }

  const { at } = load;
  if ('once' in at) await Promise.all(Array.from({ length: at.once }, closedLoop));
  else await openLoop(at.perSecond);
  clearTimeout(begun);
  const { system, user } = process.cpuUsage(cpu);
  for (const connection of idle) connection.close();
  const answers = latenciesMs.length;
  const cpuSeconds = (system + user) / 1e6;
  return { answers, perSecond: answers / load.seconds, latenciesMs, cpuSeconds, statuses };
}

process.stdout.write(
  `${JSON.stringify(await run(JSON.parse(process.argv[2] ?? '') as RequestLoad))}\n`,
);
