import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Result } from '../base/result.ts';
import { ask } from '../messaging/client.ts';
import { requestDataCollection } from '../platform/permissions.ts';
import { OwnPassphrase } from '../ui/components/own-passphrase.tsx';
import { count } from '../ui/format.ts';
import { status } from '../ui/status.ts';
import { type GivenProof, proven } from '../ui/way.ts';
import { pairingCode } from './pairing-code.tsx';
import { RestoreCard } from './restore-card.tsx';

const REFUSED =
  'Sync stays off: the browser was not allowed to send data. Press the button again to be asked again.';

/** Before there is an account: make one, or join one with a code. */
export function SyncOff() {
  const url = useSignal('http://127.0.0.1:8787');
  const code = useSignal('');
  const name = useSignal('');
  const problem = useSignal('');
  const passphrase = useRef<HTMLInputElement>(null);
  const busy = useSignal('');

  const run = async (what: string, task: (given: GivenProof) => Promise<Result<unknown>>) => {
    // First of all: the browser asks only as the direct answer to a click.
    if (busy.value !== '') return;
    const allowed = await requestDataCollection().catch(() => false);
    if (!allowed) {
      problem.value = REFUSED;
      return;
    }
    busy.value = what;
    problem.value = '';
    const result = await proven(passphrase.current?.value ?? '', task);
    busy.value = '';
    if (!result.ok) problem.value = result.error.message;
  };
  const deviceName = () => (name.value.trim() === '' ? {} : { deviceName: name.value.trim() });
  const create = () =>
    run('Making the account…', async (given) => {
      const created = await ask('sync.create', { url: url.value, ...deviceName(), ...given });
      if (!created.ok) return created;
      const invited = await ask('sync.invite', given);
      if (invited.ok) pairingCode.value = invited.value;
      return invited;
    });
  const join = () =>
    run('Joining…', (given) => ask('sync.join', { code: code.value, ...deviceName(), ...given }));

  const recorded = status.value?.recordCount ?? 0;

  const submit = (task: () => Promise<void>) => (event: Event) => {
    event.preventDefault();
    void task();
  };

  return (
    <>
      <section class="card">
        <h2>Sync is off</h2>
        <p>
          Nothing leaves this browser. With sync, your browsers share one memory through a service that you or
          anybody you trust can run.
        </p>
        <p>
          Encrypted before it leaves this browser: the sync service can't read it. It sees when, how often and
          roughly how much is sent, from which network address, and how many devices there are. Once sync is
          on, this page shows you everything that it holds, byte for byte.
        </p>
        <label class="field narrow">
          Name of this device
          <input
            data-testid="device-name"
            maxLength={60}
            autocomplete="off"
            placeholder="Laptop"
            value={name.value}
            onInput={(event) => (name.value = event.currentTarget.value)}
          />
        </label>
        <OwnPassphrase input={passphrase} testid="sync-passphrase" />
      </section>
      <section class="card">
        <h2>On the first device</h2>
        <form class="row fields" noValidate onSubmit={submit(create)}>
          <label class="field grow">
            Address of the sync service
            <input
              type="url"
              autocomplete="off"
              spellcheck={false}
              data-testid="sync-url"
              value={url.value}
              onInput={(event) => (url.value = event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="primary" data-testid="sync-create" aria-disabled={busy.value !== ''}>
            Switch on sync
          </button>
        </form>
        <p class="small muted" data-testid="sync-first">
          {recorded === 0
            ? 'The account is new: nothing comes, and nothing here changes.'
            : `${count(recorded, 'record', 'records')} of this browser will be sent to it, encrypted, with your level and rules. The account is new: nothing comes, and nothing here changes or is deleted.`}
        </p>
      </section>
      <section class="card">
        <h2>On every other device</h2>
        <form class="row fields" noValidate onSubmit={submit(join)}>
          <label class="field grow">
            Pairing code that another device shows
            <input
              data-testid="sync-join-code"
              autocomplete="off"
              spellcheck={false}
              placeholder="arq1:…"
              value={code.value}
              onInput={(event) => (code.value = event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="primary" data-testid="sync-join" aria-disabled={busy.value !== ''}>
            Join
          </button>
        </form>
        <p class="small muted">
          If this browser has records, you see first what comes, what changes and what is deleted, and can
          still decide not to join.
        </p>
      </section>
      <RestoreCard url={url} busy={busy.value !== ''} deviceName={deviceName} run={run} />
      <p role="status">{busy.value}</p>
      {problem.value && (
        <p class="error" role="alert" data-testid="sync-problem">
          {problem.value}
        </p>
      )}
    </>
  );
}
