import { useSignal } from '@preact/signals';
import { ask } from '../messaging/client.ts';
import { confirm } from '../ui/components/confirm-dialog.tsx';
import { dayWords } from '../ui/format.ts';
import { status } from '../ui/status.ts';

const RENEW_HERE =
  'Everything stays and opens as before. What is written from now on lies under new keys, which nobody copied before. What somebody copied before stays readable to them.';
const RENEW_ALL =
  'Everything stays and opens as before, on all your devices; each takes over the new key when it is next online. What somebody copied before stays readable to them.';

/** The master key: how old it is, and another one. */
export function KeysCard() {
  const busy = useSignal(false);
  const said = useSignal('');
  const problem = useSignal('');
  const sinceMs = status.value?.keysSinceMs;
  const isSynced = status.value?.sync.phase !== 'off';
  const waiting = (status.value?.sync.devices ?? []).filter(({ keyWaits }) => keyWaits);
  const renew = async () => {
    if (busy.value) return;
    const agreed = await confirm({
      title: 'Renew the keys?',
      text: isSynced ? RENEW_ALL : RENEW_HERE,
      action: 'Renew',
    });
    if (!agreed) return;
    busy.value = true;
    said.value = '';
    problem.value = '';
    const answer = await ask('keys.renew', {});
    busy.value = false;
    if (answer.ok) {
      status.value = answer.value;
      said.value = 'The keys are new.';
    } else problem.value = answer.error.message;
  };
  return (
    <section class="card">
      <h2>Keys</h2>
      <p data-testid="keys-since">
        {sinceMs === undefined
          ? 'The master key, which opens all others, has not been used yet.'
          : `The master key, which opens all others, is in use since ${dayWords(sinceMs)}. Each day has a key of its own.`}
      </p>
      {waiting.length > 0 && (
        <p data-testid="keys-waiting">
          Not on the newest key yet: {waiting.map(({ name }) => name).join(', ')}. Until they are online once,
          older keys are kept.
        </p>
      )}
      <p class="small muted">
        Once a year is enough. When a device leaves your account the keys are renewed by themselves.
      </p>
      <button type="button" data-testid="keys-renew" disabled={busy.value} onClick={() => void renew()}>
        {busy.value ? 'Renewing…' : 'Renew the keys…'}
      </button>
      <p class="result" role="status" data-testid="keys-said">
        {said.value}
      </p>
      <p class="error" role="alert" data-testid="keys-problem" hidden={problem.value === ''}>
        {problem.value}
      </p>
    </section>
  );
}
