/** A page that does its worst, and what must come of it. */
import type { TestPage } from '../browser.ts';

/** As the JSON export has it; `at` and the like are left out. */
export interface Exported {
  readonly kind: string;
  readonly url: string;
  readonly title?: string;
  readonly text?: string;
  readonly role?: string;
  readonly target?: string;
}

export interface Asked {
  /** Host without port, path with query. */
  readonly host: string;
  readonly path: string;
  readonly port: number;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Surroundings {
  readonly port: number;
  /** Of ARQ Context, as an attacker who found it out would know it; without a slash at the end. */
  readonly extensionOrigin: string;
  /** An id, or an origin, that no extension has. */
  readonly nobodysOrigin: string;
  readonly browser: 'chromium' | 'firefox';
}

export interface HostilePage {
  /** Its host is `NAME.hostile.example`. */
  readonly name: string;
  readonly path?: string;
  /** HTML, or more than that. */
  answer(asked: Asked): string | Answer;
  /** With the page open; clicks of the driver are a person's. */
  act?(page: TestPage, around: Surroundings): Promise<unknown>;
  /** Nowhere in what is stored or held in memory, however it is spelled. */
  readonly never?: readonly string[];
  /** Texts that the records of its host do have: what it did must not keep us from recording. */
  readonly kept?: readonly string[];
  /** So many messages are counted as refused while it is open, at least; 0: none at all. */
  readonly drops?: number;
  /** What else must hold for the records of its host. */
  check?(records: readonly Exported[]): void;
}

/** What the name of a page is used for. */
export const hostOf = (name: string): string => `${name}.hostile.example`;

/** A button that the driver can press. */
export const button = (testid: string, label: string, attributes = ''): string =>
  `<button type="button" data-testid="${testid}" style="min-width:9em;min-height:2em" ${attributes}>${label}</button>`;

/** Runs in the page, in its own world. */
export const run = (page: TestPage, script: string): Promise<unknown> =>
  page.evaluate(`(async () => { ${script} })()`);
