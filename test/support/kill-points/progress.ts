/**
 * What came of each attempt of a long campaign: a JSON file for each scenario and browser in `artifacts/kill-points/`, so that one that
 * was stopped goes on, and its figures stay. What was found of another build counts for nothing.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../../scripts/root.ts';
import { commit } from '../campaign.ts';

const FOLDER = join(ROOT, 'artifacts', 'kill-points');

interface Attempted {
  /** At which of all points it was killed, from 1; absent where there was none. */
  readonly point?: number;
  /** A sentence. */
  readonly outcome: string;
  /** How long it took, with all its checks. */
  readonly ms: number;
}

interface Figures {
  readonly build: string;
  readonly date: string;
  readonly commit: string;
  readonly browser: string;
  /** Of the operation when nothing ends it. */
  points: number;
  /** Where it is ended: before and during each point. */
  aims: number;
  readonly attempts: Record<string, Attempted>;
  /** All that ever failed, in order; one that was tried again and went well is among `attempts` too. */
  readonly failures: { readonly aim: string; readonly why: string }[];
}

export interface Progress {
  /** Whether the browser was killed there; `undefined` before it was tried. */
  killedAt(aim: string): boolean | undefined;
  begin(whole: Pick<Figures, 'points' | 'aims'>): void;
  add(aim: string, attempted: Attempted): void;
  fail(aim: string, error: unknown): void;
  /** "chromium-lock: 60 of 60, 59 killed, at 30 of 30 points, 1 failed once" */
  summary(): string;
}

/** A hash of all files of a folder, by name and content. */
export function contentsOf(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  for (const file of files.map(({ parentPath, name }) => join(parentPath, name)).sort())
    hash
      .update(`${file.slice(folder.length)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('base64url');
}

/** @param name of the browser and the scenario; `build`: the hash of what is killed. */
export function progressOf(
  name: string,
  { build, browser, folder = FOLDER }: Pick<Figures, 'build' | 'browser'> & { readonly folder?: string },
): Progress {
  const file = join(folder, `${name}.json`);
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Figures) : undefined;
  const date = new Date().toISOString().slice(0, 10);
  const figures: Figures =
    known?.build === build
      ? known
      : { build, date, commit: commit(), browser, points: 0, aims: 0, attempts: {}, failures: [] };
  const save = () => {
    mkdirSync(folder, { recursive: true });
    // Whole or not at all: it may be stopped at any time.
    writeFileSync(`${file}.new`, JSON.stringify(figures, null, 1));
    renameSync(`${file}.new`, file);
  };
  return {
    killedAt: (aim) => {
      const attempted = figures.attempts[aim];
      return attempted && attempted.point !== undefined;
    },
    begin(whole) {
      Object.assign(figures, whole);
      save();
    },
    add(aim, attempted) {
      figures.attempts[aim] = attempted;
      save();
    },
    fail(aim, error) {
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
      figures.failures.push({ aim, why: `${error instanceof Error ? error.message : error}${cause}` });
      save();
    },
    summary() {
      const all = Object.values(figures.attempts);
      const killed = all.flatMap(({ point }) => point ?? []);
      const { aims, points, failures } = figures;
      const failed = failures.length === 0 ? '' : `, ${failures.length} failed once`;
      const places = new Set(killed).size;
      return `${name}: ${all.length} of ${aims}, ${killed.length} killed, at ${places} of ${points} points${failed}`;
    },
  };
}
