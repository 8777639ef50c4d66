import type { Status } from '../../src/model/recording.ts';
import type { TestPage } from './browser.ts';

/**
 * What the background says to a page of ours. A checkbox or radio button is checked by the click itself, before the background has
 * heard of it: what must hold from then on is waited for here.
 */
export async function statusOf(page: TestPage): Promise<Status> {
  const said = await page.evaluate(
    `(globalThis.browser ?? chrome).runtime.sendMessage({ type: 'status.get', body: {} })
      .then((answer) => JSON.stringify(answer))`,
  );
  const { ok, value } = JSON.parse(String(said)) as { ok: boolean; value: Status };
  if (!ok) throw new Error(`no status: ${String(said)}`);
  return value;
}
