/** Which attempts of a long campaign are over, so that one that was stopped goes on: lines of a file, which goes when all are done. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../../artifacts/kill-points');

export interface Progress {
  has(what: string): boolean;
  add(what: string): void;
  end(): void;
}

export function progressOf(name: string): Progress {
  const file = join(FOLDER, `${name}.txt`);
  const done = new Set(existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []);
  return {
    has: (what) => done.has(what),
    add(what) {
      mkdirSync(dirname(file), { recursive: true });
      appendFileSync(file, `${what}\n`);
    },
    end: () => rmSync(file, { force: true }),
  };
}
