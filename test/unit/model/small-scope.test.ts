/** All that three devices and a service can come to with two settings, in so many steps: nothing of it is wrong. */
import { describe, expect, it } from 'vitest';
import { writeCampaign } from '../../support/campaign.ts';
import { ALL_LAWS } from '../../support/laws.ts';
import { after, explore, type Faults } from '../../support/small-scope.ts';

/** More with `npm run campaign:laws`. */
const DEPTH = Number(process.env.ARQ_SCOPE_DEPTH ?? 4);

describe('three devices with two settings', () => {
  it(`agree in the end, lose nothing and bring nothing back, in all states of ${DEPTH} steps`, {
    timeout: 3_600_000,
  }, () => {
    const before = process.cpuUsage();
    const { states, moves, byDepth, fault } = explore(DEPTH);
    const { user } = process.cpuUsage(before);
    const figures = { depth: DEPTH, states, moves, byDepth, processorSeconds: Math.round(user / 1e6) };
    console.log(
      `${states} states by ${moves} moves, by depth: ${byDepth.join(', ')}; ${figures.processorSeconds} s`,
    );
    if (ALL_LAWS) writeCampaign('small-scope', figures);
    expect(fault).toBeUndefined();
  });

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
    const { fault } = explore(2, faults, after(way, faults));
    expect(fault?.what).toContain(what);
  });
});
