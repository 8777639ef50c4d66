/** What did not come through a time of being locked, until the person has read of it. */
import * as v from 'valibot';
import { localArea } from '../../platform/areas.ts';
import type { SealedGap } from '../../storage/sealed.ts';

const NAME = 'sealed-gap';
const schema = v.object({ dropped: v.number(), missing: v.number() });

export async function readSealedGap(): Promise<SealedGap | null> {
  const parsed = v.safeParse(schema, await localArea.get(NAME));
  return parsed.success ? parsed.output : null;
}

/** Adds to what was noted before. */
export async function noteSealedGap({ dropped, missing }: SealedGap): Promise<void> {
  const before = (await readSealedGap()) ?? { dropped: 0, missing: 0 };
  await localArea.set(NAME, { dropped: before.dropped + dropped, missing: before.missing + missing });
}

export const sealedGapSeen = (): Promise<void> => localArea.remove(NAME);

export function gapSentence({ dropped, missing }: SealedGap): string {
  const events = (count: number) => `${count.toLocaleString()} ${count === 1 ? 'event' : 'events'}`;
  const parts = [
    ...(dropped > 0
      ? [`${events(dropped)} did not fit while ARQ Context was locked, the oldest of them`]
      : []),
    ...(missing > 0 ? [`${events(missing)} that came while it was locked cannot be read`] : []),
  ];
  return `${parts.join(', and ')}. Everything else is here.`;
}
