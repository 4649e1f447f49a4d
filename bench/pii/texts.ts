/** A sequence of numbers in [0, 1) that a seed decides (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WORDS =
  `the customer wrote that parcel was late and asked us to call back about it on account of
  a refund which she had been promised when order arrived broken please see note below regards Team
  Support our colleague in Leeds will answer soon thank you`.split(/\s+/);
const VALUES = [
  '4111 1111 1111 1111',
  'some.name@mail-host.org',
  '+44 20 7946 0958',
  '078-05-1121',
  'GB82 WEST 1234 5698 7654 32',
  '192.168.17.4',
  '2024-02-29',
  'https://www.host.org/a?b=1',
  '17',
  '20 pieces',
];
/** About one word in so many is a value. */
const EVERY = 16;

/** Invented texts of exactly so many characters, with about two values in each. */
export function inventedTexts(count: number, characters: number, seed = 7): string[] {
  const next = numbersFrom(seed);
  const pick = (list: readonly string[]) => list[Math.floor(next() * list.length)] ?? '';
  return Array.from({ length: count }, () => {
    const words: string[] = [];
    for (let length = 0; length <= characters; length += (words.at(-1)?.length ?? 0) + 1)
      words.push(next() * EVERY < 1 ? pick(VALUES) : pick(WORDS));
    return words.join(' ').slice(0, characters);
  });
}

/** Texts joined and cut into pieces of exactly so many characters. */
export function cutTexts(texts: readonly string[], characters: number): string[] {
  const all = Array.from(texts.join('\n'));
  return Array.from({ length: Math.floor(all.length / characters) }, (_, n) =>
    all.slice(n * characters, (n + 1) * characters).join(''),
  );
}
