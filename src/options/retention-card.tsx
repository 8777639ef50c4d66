import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ask } from '../messaging/client.ts';
import {
  RETENTION_DAYS,
  type Retention,
  type RetentionReport,
  SITE_RETENTIONS,
  STORED_LEVELS,
} from '../model/retention.ts';
import { parseRuleHost } from '../model/rules.ts';
import { confirm } from '../ui/components/confirm-dialog.tsx';
import { LEVEL_WORDS } from '../ui/components/level-choice.tsx';
import { dayWords, exactTime } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { forecastWords, keepWords } from './retention-words.ts';

/** Id of the field for a site. */
export const RETENTION_HOST = 'retention-host';

/** How long records stay. What a change deletes is said before it is made. */
export function RetentionCard() {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const report = useSignal<RetentionReport | undefined>(undefined);
  const said = useSignal({ text: '', failed: false });
  const host = useSignal('');
  const keep = useSignal<(typeof SITE_RETENTIONS)[number]>(90);
  const take = (answer: Awaited<ReturnType<typeof ask<'retention.get'>>>, text = ''): boolean => {
    said.value = answer.ok ? { text, failed: false } : { text: answer.error.message, failed: true };
    if (answer.ok) report.value = answer.value;
    return answer.ok;
  };
  useEffect(() => void ask('retention.get', {}).then((answer) => take(answer)), []);
  const { retention, pinned = [], nowMs = 0, waitsSinceMs } = report.value ?? {};
  if (!retention)
    return said.value.failed ? (
      <section class="card">
        <h2>How long records stay</h2>
        <p class="error" role="alert">
          {said.value.text}
        </p>
      </section>
    ) : null;

  const set = async (wanted: Retention): Promise<boolean> => {
    // Until it is set, what holds is shown.
    report.value = report.value && { ...report.value };
    const forecast = await ask('retention.forecast', { retention: wanted });
    if (!forecast.ok) {
      said.value = { text: forecast.error.message, failed: true };
      return false;
    }
    const { title, text, action } = forecastWords(forecast.value, dayWords);
    if (forecast.value.records > 0 && !(await confirm({ title, text, action }))) {
      said.value = { text: 'Nothing was changed.', failed: false };
      return false;
    }
    return take(await ask('retention.set', { retention: wanted }), 'Saved.');
  };
  const addSite = async (event: Event) => {
    event.preventDefault();
    const name = parseRuleHost(host.value);
    if (name === null) {
      said.value = { text: 'That is not the name of a site. Type it like example.org.', failed: true };
      return;
    }
    const others = retention.sites.filter((site) => site.host !== name);
    if (await set({ ...retention, sites: [...others, { host: name, keep: keep.value }] })) host.value = '';
  };

  return (
    <section class="card" ref={box}>
      <h2>How long records stay</h2>
      <p class="small muted">
        For ever, unless you say otherwise. Whole days go, with their keys, when the browser starts, after a
        change here, and once a day. That cannot be undone. Days at the sync service only are fetched for
        that, and sent again. Days in files that you saved stay as they are, unless nothing may stay of any:
        every level has a time that is over, and no site is pinned or kept for ever. This is set on each
        device by itself: your other devices keep what they have for as long as is set there.
        {pinned.length > 0 && ' Sites that you pinned stay, unless they are in the list of sites below.'}
      </p>
      {waitsSinceMs !== undefined && (
        <div class="warning" data-testid="clock-waits">
          <p>
            The clock of this computer jumped from {exactTime(waitsSinceMs)} to {exactTime(nowMs)}. Nothing is
            deleted by its age until you say that this is right, or the clock is back where it was.
          </p>
          <button
            type="button"
            data-testid="clock-right"
            onClick={async () => take(await ask('retention.clock', {}), 'Thank you.')}
          >
            It is {dayWords(nowMs)}: the date is right
          </button>
        </div>
      )}
      <div class="row fields">
        {STORED_LEVELS.map((level) => (
          <label class="field" key={level}>
            {LEVEL_WORDS[level].name}
            <select
              data-testid={`retention-${level}`}
              value={String(retention.levels[level] ?? 'forever')}
              onChange={(event) => {
                const { [level]: _, ...others } = retention.levels;
                const days = RETENTION_DAYS.find((one) => String(one) === event.currentTarget.value);
                void set({
                  ...retention,
                  levels: days === undefined ? others : { ...others, [level]: days },
                });
              }}
            >
              {SITE_RETENTIONS.map((one) => (
                <option key={one} value={String(one)}>
                  {keepWords(one)}
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
      {retention.sites.length > 0 && (
        <ul class="sites small" data-testid="retention-sites">
          {retention.sites.map((site) => (
            <li key={site.host} class="row spread">
              <span class="clip">
                {site.host}: {keepWords(site.keep)}
              </span>
              <button
                type="button"
                class="quiet"
                data-testid="retention-remove"
                aria-label={`Remove: keep ${site.host} like everything else`}
                onClick={() =>
                  void set({ ...retention, sites: retention.sites.filter((one) => one !== site) })
                }
              >
                Remove
              </button>
            </li>
          ))}
        </ul>
      )}
      <form class="row fields" noValidate onSubmit={(event) => void addSite(event)}>
        <label class="field grow">
          A site and its subdomains
          <input
            id={RETENTION_HOST}
            data-testid="retention-host"
            placeholder="example.org"
            autocomplete="off"
            spellcheck={false}
            maxLength={253}
            value={host.value}
            onInput={(event) => (host.value = event.currentTarget.value)}
          />
        </label>
        <label class="field">
          Keep
          <select
            data-testid="retention-keep"
            value={String(keep.value)}
            onChange={(event) => {
              keep.value = SITE_RETENTIONS.find((one) => String(one) === event.currentTarget.value) ?? 90;
            }}
          >
            {SITE_RETENTIONS.map((one) => (
              <option key={one} value={String(one)}>
                {keepWords(one)}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" data-testid="retention-add">
          Set for this site
        </button>
      </form>
      <p role="status" class={said.value.failed ? 'result error' : 'result'} data-testid="retention-result">
        {said.value.text}
      </p>
    </section>
  );
}
