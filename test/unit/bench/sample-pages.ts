/** Pages as pages.tsv has them, made up, so that the tests need no shared data: some hosts with many pages, some with one. */
import type { SamplePage } from '../../bench/page-pool.ts';

const THINGS = [
  'river',
  'engine',
  'garden',
  'compiler',
  'violin',
  'harbour',
  'puzzle',
  'market',
  'orchid',
  'signal',
];
const WAYS = ['quiet', 'broken', 'modern', 'hidden', 'frozen', 'public', 'golden', 'simple'];

const title = (i: number): string =>
  `The ${WAYS[i % 8]} ${THINGS[i % 10]} and what ${THINGS[(i * 7) % 10]} number ${i} taught us`;

export const SAMPLE_PAGES: readonly SamplePage[] = Array.from({ length: 240 }, (_, i) => {
  const host = i < 120 ? `news${i % 3}.example` : `own${i}.example`;
  const paths = [
    `/2016/0${i % 9}/the-${WAYS[i % 8]}-${THINGS[i % 10]}`,
    `/item?id=${100_000 + i}`,
    `/${WAYS[i % 8]}/${i}/`,
  ];
  return { title: title(i), url: `https://${host}${paths[i % 3]}` };
});
