/** What a campaign came to, as JSON in `artifacts/`; its figures go into docs/campaigns.md by hand. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/root.ts';

/** The commit that was checked out; with `+` where files differ from it. */
export function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
  return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : '+'}`;
}

/** Writes `artifacts/campaign-NAME.json`, with the day and the commit. */
export function writeCampaign(name: string, figures: Readonly<Record<string, unknown>>): void {
  const folder = join(ROOT, 'artifacts');
  mkdirSync(folder, { recursive: true });
  const all = { date: new Date().toISOString().slice(0, 10), commit: commit(), ...figures };
  writeFileSync(join(folder, `campaign-${name}.json`), JSON.stringify(all, null, 2));
}
