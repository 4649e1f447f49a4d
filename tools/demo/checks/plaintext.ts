import { basename, join, relative, sep } from 'node:path';
import type { DatasetTopics } from '@sealstream/contracts';
import {
  compressedBatches,
  type Finding,
  filesUnder,
  type Place,
  searchPlaces,
} from '../../plaintext-search.ts';
import type { Branch, SearchedValues } from '../searched-values.ts';
import type { Verdict } from './check.ts';

/** Where plaintext is looked for, and where it has to be. */
export interface SearchedPlaces {
  /** All but raw. */
  readonly protected: readonly Place[];
  /** The control: every value has to be found here. */
  readonly raw: readonly Place[];
}

export interface PlaintextVerdict extends Verdict {
  readonly values: number;
  readonly found: number;
  readonly foundInRaw: number;
  readonly bytes: number;
}

/** Which branch's rules say what may stand in a topic. */
export function branchOf(topic: string, topics: DatasetTopics): Branch | undefined {
  if (topic === topics.masked) return 'masked';
  return topic === topics.encrypted ? 'encrypted' : undefined;
}

/** Every file of a broker's data folder, apart by topic. */
export function segmentPlaces(
  directory: string,
  topics: DatasetTopics,
  values: SearchedValues,
): SearchedPlaces {
  const all = { protected: [] as Place[], raw: [] as Place[] };
  for (const file of filesUnder(directory)) {
    const name = relative(directory, file);
    const topic =
      name
        .split(sep)
        .find((part) => /-\d+$/.test(part))
        ?.replace(/-\d+$/, '') ?? '';
    const branch = branchOf(topic, topics);
    const place: Place = {
      name: join('kafka', name),
      file,
      ...(branch === undefined ? {} : { mayHold: (value) => values.mayStandIn(value, branch) }),
    };
    if (topic === topics.raw) all.raw.push(place);
    else all.protected.push(place);
  }
  return all;
}

/** Every file of a directory, under a name. */
export function filePlaces(name: string, directory: string): Place[] {
  return filesUnder(directory).map((file) => ({
    name: join(name, relative(directory, file)),
    file,
  }));
}

/** Segment files in which a search is blind, since it does not decompress. */
function blindPlaces(places: readonly Place[]): Place[] {
  return places.filter((place) => {
    return 'file' in place && place.file.endsWith('.log') && isSegment(place.file)
      ? compressedBatches(place.file) > 0
      : false;
  });
}

const isSegment = (file: string) => /^\d{20}\.log$/.test(basename(file));

/** Searches; raw is the control that shows that the search would have found them. */
export async function checkPlaintext(
  values: SearchedValues,
  places: SearchedPlaces,
): Promise<PlaintextVerdict> {
  const inRaw = new Set<number>();
  const elsewhere = new Map<number, Finding>();
  const { texts } = values;
  let bytes = await searchPlaces(texts, places.raw, ({ value }) => inRaw.add(value));
  bytes += await searchPlaces(texts, places.protected, (finding) => {
    if (!elsewhere.has(finding.value)) elsewhere.set(finding.value, finding);
  });
  const [blind] = blindPlaces([...places.protected, ...places.raw]);
  const [first] = elsewhere.values();
  const where =
    first === undefined ? undefined : `${first.place}, byte ${first.at}, as ${first.encoding}`;
  const said = (n: number) => n.toLocaleString('en-US');
  const seen = [
    `${said(elsewhere.size)} found elsewhere`,
    `${said(inRaw.size)} found in raw`,
    ...(blind === undefined ? [] : [`${blind.name} is compressed and cannot be searched`]),
  ];
  return {
    ok: elsewhere.size === 0 && inRaw.size === texts.length && blind === undefined,
    expected: `0 found elsewhere; all ${said(texts.length)} found in raw`,
    seen: seen.join('; '),
    first: where ?? blind?.name,
    values: texts.length,
    found: elsewhere.size,
    foundInRaw: inRaw.size,
    bytes,
  };
}
