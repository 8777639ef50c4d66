/** All that three devices and a service can come to with two settings, in so many steps: nothing of it is wrong. */
import { describe, expect, it } from 'vitest';
import { writeCampaign } from '../../support/campaign.ts';
import { ALL_LAWS } from '../../support/laws.ts';
import type { Faults } from '../../support/small-scope.ts';
import { explore, stateAfter } from '../../support/small-scope-search.ts';

/** More with `npm run campaign:laws`. */
const DEPTH = Number(process.env.ARQ_SCOPE_DEPTH ?? 6);

/** What is interesting takes more steps than all of them can be gone through: so they begin here, too. */
const STARTS: readonly (readonly [string, readonly string[]])[] = [
  ['nothing', []],
  [
    'two that chose at once, of whom one was not answered',
    [
      '0 sets x.example to skip',
      '0 sends, and is stopped before the answer',
      '1 sets x.example to domain',
      '1 sends',
      '1 pulls',
    ],
  ],
  [
    'a copy that is older than what the others have of it',
    [
      '0 sets x.example to skip',
      '0 sends',
      '0 is copied',
      '0 sets x.example to none',
      '0 sends',
      '1 pulls',
      '0 is put back',
    ],
  ],
];

describe('three devices with two settings', () => {
  it.each(STARTS)(
    'agree in the end, lose nothing and bring nothing back, in all states some steps from %s',
    {
      timeout: 3_600_000,
    },
    (name, way) => {
      const before = process.cpuUsage();
      const depth = way.length === 0 ? DEPTH : DEPTH - 3;
      const { states, moves, byDepth, fault } = explore(depth, {}, stateAfter(way));
      const seconds = Math.round(process.cpuUsage(before).user / 1e6);
      console.log(
        `${depth} steps from ${name}: ${states} states (${byDepth.join(', ')}) by ${moves} moves; ${seconds} s`,
      );
      if (ALL_LAWS && way.length === 0)
        writeCampaign('small-scope', { depth, states, moves, byDepth, seconds });
      expect(fault).toBeUndefined();
    },
  );

  const SENT = ['0 sets x.example to skip', '0 sends'];
  it.each<[string, Faults, readonly string[], string]>([
    ['goes on as it was after it was put back', { sameLife: true }, SENT, 'a dot is used twice'],
    ['takes what comes for newer', { lastWins: true }, [], 'lost'],
    ['sends to a service that compares nothing', { noCompare: true }, SENT, 'lost'],
    ['takes for removed what it has not put in force', { noBefore: true }, SENT, 'lost'],
    [
      'believes an answer that comes late',
      { lateAnswer: true },
      [
        '0 sets x.example to skip',
        '0 sends, and is stopped before the answer',
        '1 pulls',
        '1 takes',
        '1 sets y.example to skip',
        '1 sends',
        '0 pulls',
      ],
      'for ever',
    ],
  ])('would be found out where one %s', (_, faults, way, what) => {
    const { fault } = explore(2, faults, stateAfter(way, faults));
    expect(fault?.what).toContain(what);
  });
});
