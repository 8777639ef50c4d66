/**
 * Wrong passphrases make whoever types wait, longer each time, and destroy nothing. It is kept over restarts of the browser.
 * Who can write to the browser's files does not have to type here: for them there is only what the passphrase's key costs.
 */
import * as v from 'valibot';
import { fail, type Result } from '../../base/result.ts';
import { localArea } from '../../platform/areas.ts';

const NAME = 'unlock-attempts';
const FREE = 3;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 15 * 60_000;

const schema = v.object({ wrong: v.number(), untilMs: v.number() });

async function read(): Promise<v.InferOutput<typeof schema>> {
  const parsed = v.safeParse(schema, await localArea.get(NAME));
  return parsed.success ? parsed.output : { wrong: 0, untilMs: 0 };
}

const waitMsAfter = (wrong: number): number =>
  wrong < FREE ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(wrong - FREE, 20));

/** The same whatever was wrong with it. */
export const WRONG_PASSPHRASE = fail('wrong-passphrase', 'That is not the passphrase. Nothing was changed.');

/** Runs `check` when it is allowed to; it resolves with `null` for a wrong passphrase. */
export async function attempt<T>(nowMs: number, check: () => Promise<T | null>): Promise<Result<T>> {
  const { wrong, untilMs } = await read();
  // A clock that was set back does not make it wait longer than it would have.
  const waitMs = Math.min(untilMs - nowMs, waitMsAfter(wrong));
  if (waitMs > 0) {
    const seconds = Math.ceil(waitMs / 1_000);
    return fail(
      'wait',
      `Too many wrong passphrases. Wait ${seconds} ${seconds === 1 ? 'second' : 'seconds'} and try again.`,
    );
  }
  // Before it is known: whoever stops the worker in between gains nothing.
  await localArea.set(NAME, { wrong: wrong + 1, untilMs: nowMs + waitMsAfter(wrong + 1) });
  const value = await check();
  if (value === null) return WRONG_PASSPHRASE;
  await localArea.remove(NAME);
  return { ok: true, value };
}
