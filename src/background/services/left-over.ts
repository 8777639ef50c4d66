/** In `storage.local`: what is still there of deletions, in sentences, each until the person has read it. Days and counts only: it lies in the open. */
import * as v from 'valibot';
import { Mutex } from '../../base/mutex.ts';
import { localArea } from '../../platform/areas.ts';

const NAME = 'left-over';
/** More than anybody reads one by one: the oldest go. */
const MOST = 20;

/** Older versions kept the last sentence alone. */
const schema = v.union([
  v.array(v.string()),
  v.pipe(
    v.string(),
    v.transform((one) => [one]),
  ),
]);

export class LeftOver {
  readonly #turns = new Mutex();

  /** The oldest that was not read yet. */
  async first(): Promise<string | undefined> {
    return (await this.#read())[0];
  }

  /** Each sentence once. */
  add(sentence: string): Promise<void> {
    return this.#change((told) => [...told.filter((one) => one !== sentence), sentence].slice(-MOST));
  }

  /** The person has read this one. */
  seen(sentence: string): Promise<void> {
    return this.#change((told) => told.filter((one) => one !== sentence));
  }

  #change(change: (told: readonly string[]) => string[]): Promise<void> {
    return this.#turns.run(async () => {
      const told = change(await this.#read());
      await (told.length === 0 ? localArea.remove(NAME) : localArea.set(NAME, told));
    });
  }

  async #read(): Promise<string[]> {
    const parsed = v.safeParse(schema, await localArea.get(NAME));
    return parsed.success ? parsed.output : [];
  }
}
