import { useSignal } from '@preact/signals';
import type { Result } from '../base/result.ts';
import { ask } from '../messaging/client.ts';
import { requestDataCollection } from '../platform/permissions.ts';
import { pairingCode } from './pairing-code.tsx';

const REFUSED =
  'Sync stays off: the browser was not allowed to send data. Press the button again to be asked again.';

/** Before there is an account: make one, or join one with a code. */
export function SyncOff() {
  const url = useSignal('http://127.0.0.1:8787');
  const code = useSignal('');
  const name = useSignal('');
  const problem = useSignal('');
  const busy = useSignal('');

  const run = async (what: string, task: () => Promise<Result<unknown>>) => {
    // First of all: the browser asks only as the direct answer to a click.
    const allowed = await requestDataCollection().catch(() => false);
    if (!allowed) {
      problem.value = REFUSED;
      return;
    }
    busy.value = what;
    problem.value = '';
    const result = await task();
    busy.value = '';
    if (!result.ok) problem.value = result.error.message;
  };
  const deviceName = () => (name.value.trim() === '' ? {} : { deviceName: name.value.trim() });
  const create = () =>
    run('Making the account…', async () => {
      const created = await ask('sync.create', { url: url.value, ...deviceName() });
      if (!created.ok) return created;
      const invited = await ask('sync.invite', {});
      if (invited.ok) pairingCode.value = invited.value;
      return invited;
    });
  const join = () => run('Joining…', () => ask('sync.join', { code: code.value, ...deviceName() }));

  return (
    <>
      <section class="card">
        <h2>Sync is off</h2>
        <p>
          Nothing leaves this browser. With sync, your browsers share one memory through a service that anyone
          can host. Encrypted before it leaves this browser: the sync service can't read it. It sees when, how
          often and roughly how much is sent, from which address, and how many devices there are.
        </p>
        <label class="field">
          Name of this device
          <input
            data-testid="device-name"
            maxLength={60}
            placeholder="Laptop"
            value={name.value}
            onInput={(event) => (name.value = event.currentTarget.value)}
          />
        </label>
      </section>
      <section class="card">
        <h2>First device</h2>
        <div class="row">
          <label class="field">
            Address of the sync service
            <input
              type="url"
              data-testid="sync-url"
              value={url.value}
              onInput={(event) => (url.value = event.currentTarget.value)}
            />
          </label>
          <button
            type="button"
            class="primary"
            data-testid="sync-create"
            disabled={busy.value !== ''}
            onClick={() => void create()}
          >
            Switch on sync
          </button>
        </div>
      </section>
      <section class="card">
        <h2>Another device</h2>
        <div class="row">
          <label class="field">
            Pairing code from the first device
            <input
              data-testid="sync-join-code"
              autocomplete="off"
              spellcheck={false}
              placeholder="arq1:…"
              value={code.value}
              onInput={(event) => (code.value = event.currentTarget.value)}
            />
          </label>
          <button
            type="button"
            class="primary"
            data-testid="sync-join"
            disabled={busy.value !== ''}
            onClick={() => void join()}
          >
            Join
          </button>
        </div>
      </section>
      <p role="status">{busy.value}</p>
      {problem.value && (
        <p class="error" role="alert" data-testid="sync-problem">
          {problem.value}
        </p>
      )}
    </>
  );
}
