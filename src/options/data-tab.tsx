import { useSignal } from '@preact/signals';
import { parseRuleHost } from '../model/rules.ts';
import type { EraseQuestion } from '../model/selector.ts';
import { status } from '../ui/status.ts';
import { CorrectCard } from './correct-card.tsx';
import { DeleteSpan } from './delete-span.tsx';
import { DeletionLog } from './deletion-log.tsx';
import { eraseAfterAsking } from './erase.ts';
import { ExportCard } from './export-card.tsx';
import { HistoryFollow } from './history-follow.tsx';
import { ImportCard } from './import-card.tsx';
import { RequestsCard } from './requests-card.tsx';

interface Said {
  readonly text: string;
  readonly failed: boolean;
}

export function DataTab() {
  const result = useSignal<Said>({ text: '', failed: false });
  const site = useSignal('');

  const refuse = (text: string) => {
    result.value = { text, failed: true };
  };
  const erase = async (target: EraseQuestion, what: string) => {
    result.value = { text: '', failed: false };
    const erased = await eraseAfterAsking(target, what);
    result.value = {
      text: erased.text,
      failed: erased.outcome === 'failed',
    };
  };
  const eraseSite = (event: Event) => {
    event.preventDefault();
    const host = parseRuleHost(site.value);
    if (host === null) refuse('That is not the name of a site. Type it like example.org.');
    else void erase({ what: 'site', host }, `of ${host}`);
  };

  return (
    <>
      <ExportCard />
      <ImportCard />
      <CorrectCard />
      <section class="card">
        <h2>Delete</h2>
        <p class="small muted">
          You see how many records it is before anything is deleted, and can undo it for 10 seconds.
        </p>
        <form class="row fields" noValidate onSubmit={eraseSite}>
          <label class="field grow">
            A site and its subdomains
            <input
              data-testid="delete-site-host"
              placeholder="example.org"
              autocomplete="off"
              spellcheck={false}
              value={site.value}
              onInput={(event) => (site.value = event.currentTarget.value)}
            />
          </label>
          <button type="submit" data-testid="delete-site-run">
            Delete this site…
          </button>
        </form>
        <DeleteSpan onErase={(target, what) => void erase(target, what)} />
        <div class="apart row">
          <button
            type="button"
            class="danger"
            data-testid="delete-all"
            onClick={() => void erase({ what: 'all' }, 'in this browser')}
          >
            Delete everything…
          </button>
        </div>
        <HistoryFollow />
        <p role="status" class={result.value.failed ? 'result error' : 'result'} data-testid="delete-result">
          {result.value.text}
        </p>
      </section>
      <RequestsCard />
      <DeletionLog />
      <section class="card">
        <h2>How safe it is here</h2>
        <p>
          {status.value?.lock
            ? 'It is encrypted. While ARQ Context is locked, only your passphrase or passkey opens it; while it is unlocked, whoever can use this browser can read it.'
            : 'It is encrypted. On this computer it is protected only by your computer account: whoever can open your account can open this browser.'}
        </p>
        <p>
          {status.value?.persisted
            ? 'The browser promised not to clear this data by itself.'
            : 'The browser made no promise to keep this data when the disk is nearly full. It has unlimited storage, which makes that unlikely.'}
        </p>
        <p>
          Uninstalling the extension destroys everything recorded in this browser: export it first if you want
          to keep it. Clearing the browser's own history does not clear this, unless you switch that on above.
        </p>
        {status.value && status.value.droppedMessages > 0 && (
          <p data-testid="dropped-messages">
            Messages to ARQ Context that were refused since the browser started, because no page of its own
            sends such, or because a website did too much at once: {status.value.droppedMessages}. Nothing
            came of them.
          </p>
        )}
      </section>
    </>
  );
}
