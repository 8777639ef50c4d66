import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Result } from '../base/result.ts';
import { ask } from '../messaging/client.ts';
import type { MessageBody } from '../messaging/messages.ts';
import { type PendingPlugin, PLUGIN_FIELDS, PLUGIN_LIMITS, type PluginsReport } from '../model/plugins.ts';
import { confirm } from '../ui/components/confirm-dialog.tsx';
import { exactTime } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { status } from '../ui/status.ts';
import { PluginConsent } from './plugin-consent.tsx';
import { PluginsAllowed, PluginsLog } from './plugin-lists.tsx';

const WITHDRAWN = 'Withdrawn: it is told nothing any more. What it has read before, it may have kept.';
const CLEAR = {
  title: 'Clear the log?',
  text: 'What other extensions asked so far is forgotten, with the counts. What they are allowed stays.',
  action: 'Clear the log',
};

/** Which other extensions may read public records: requests, who is allowed what until when, and what they asked. */
export function PluginsCard() {
  const box = useRef<HTMLElement>(null);
  useKeptFocus(box);
  const report = useSignal<PluginsReport | undefined>(undefined);
  const problem = useSignal('');
  const said = useSignal('');
  const id = useSignal('');
  const name = useSignal('');

  const show = (answer: Result<PluginsReport>, saying = ''): boolean => {
    problem.value = answer.ok ? '' : answer.error.message;
    said.value = answer.ok ? saying : '';
    if (answer.ok) report.value = answer.value;
    // A switch that moved by itself goes back to what holds.
    else if (report.value) report.value = { ...report.value };
    return answer.ok;
  };
  const allow = async (wanted: MessageBody<'plugins.allow'>): Promise<Result<unknown>> => {
    const answer = await ask('plugins.allow', wanted);
    if (answer.ok) show(answer);
    return answer;
  };
  const { waiting, answered } = status.value?.plugins ?? {};
  // Again when the background says that something changed.
  useEffect(() => {
    void ask('plugins.get', {}).then((answer) => {
      if (answer.ok) report.value = answer.value;
      else problem.value = answer.error.message;
    });
  }, [waiting, answered]);

  const now = report.value;
  const clearLog = async () => {
    if (await confirm(CLEAR)) show(await ask('plugins.clear-log', {}));
  };
  return (
    <section class="card" ref={box} data-testid="plugins">
      <h2>Other extensions</h2>
      <p class="small muted">
        Other extensions of this browser can ask to read your records of level Public: those fields that you
        choose, until a day that you choose. They cannot change anything, and they never get records of
        another level, nor of sites that are not public any more. An extension that asks often also learns
        from the order of its answers when you did something. What it has read, it may keep and send
        elsewhere.
      </p>
      {now && (
        <label class="check">
          <input
            type="checkbox"
            data-testid="plugins-on"
            checked={now.on}
            onChange={async (event) => show(await ask('plugins.switch', { on: event.currentTarget.checked }))}
          />
          Let extensions that I allow read public records
        </label>
      )}
      <p class="error result" role="alert" data-testid="plugins-problem" hidden={problem.value === ''}>
        {problem.value}
      </p>
      <p role="status" class="result" data-testid="plugins-result">
        {said.value}
      </p>
      {now?.on &&
        now.pending.map((request) => (
          <Request
            key={request.id}
            request={request}
            isAllowed={now.allowed.some((one) => one.id === request.id)}
            allow={allow}
            onRefuse={async () => void show(await ask('plugins.refuse', { id: request.id }))}
          />
        ))}
      {now && now.allowed.length > 0 && (
        <>
          <h3>Allowed extensions</h3>
          {!now.on && (
            <p class="small muted">While the switch above is off, none of them is told anything.</p>
          )}
          <PluginsAllowed
            report={now}
            onWithdraw={async (one) => show(await ask('plugins.withdraw', { id: one }), WITHDRAWN)}
          />
        </>
      )}
      {now?.on && (
        <details class="apart" data-testid="plugin-by-id">
          <summary>Allow an extension by its id, or change what it may read</summary>
          <p class="small muted">The browser shows the id of each extension on its page of extensions.</p>
          <div class="row fields">
            <label class="field grow">
              Id
              <input
                data-testid="plugin-id"
                autocomplete="off"
                spellcheck={false}
                maxLength={100}
                value={id.value}
                onInput={(event) => (id.value = event.currentTarget.value)}
              />
            </label>
            <label class="field grow">
              Name for it
              <input
                data-testid="plugin-name"
                autocomplete="off"
                maxLength={PLUGIN_LIMITS.name}
                value={name.value}
                onInput={(event) => (name.value = event.currentTarget.value)}
              />
            </label>
          </div>
          <PluginConsent
            offered={PLUGIN_FIELDS}
            action="Allow this extension"
            onAllow={async (fields, untilMs, given) => {
              const wanted = { id: id.value.trim(), name: name.value, fields: [...fields], untilMs };
              const allowed = await allow({ ...wanted, ...given });
              if (allowed.ok) {
                id.value = '';
                name.value = '';
              }
              return allowed;
            }}
          />
        </details>
      )}
      {now && now.totals.length > 0 && <PluginsLog report={now} onClear={() => void clearLog()} />}
    </section>
  );
}

interface RequestProps {
  readonly request: PendingPlugin;
  readonly isAllowed: boolean;
  readonly allow: (wanted: MessageBody<'plugins.allow'>) => Promise<Result<unknown>>;
  readonly onRefuse: () => Promise<void>;
}

/** Its name and reason are text of somebody unknown. */
function Request({
  request: { id, name, fields, reason, askedMs },
  isAllowed,
  allow,
  onRefuse,
}: RequestProps) {
  return (
    <div class="notice" data-testid="plugin-request">
      <h3>An extension asks {isAllowed ? 'for other access' : 'for access'}</h3>
      <p>
        It calls itself “<bdi>{name}</bdi>” and says: “<bdi>{reason}</bdi>”
      </p>
      <p class="small muted">
        Nobody has checked these words. Its id is <code>{id}</code>: compare it with the browser's page of
        extensions. It asked at {exactTime(askedMs)}.
      </p>
      <PluginConsent
        offered={fields}
        action="Allow"
        onAllow={(chosen, untilMs, given) => allow({ id, name, fields: [...chosen], untilMs, ...given })}
        onRefuse={() => void onRefuse()}
      />
    </div>
  );
}
