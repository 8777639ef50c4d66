import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ask } from '../messaging/client.ts';
import { hasHostAccess, requestHostAccess } from '../platform/permissions.ts';
import { pageUrl } from '../platform/runtime.ts';
import { status } from '../ui/status.ts';

export function Decision() {
  const hasAccess = useSignal(true);
  const problem = useSignal('');
  useEffect(() => {
    void hasHostAccess().then((has) => {
      hasAccess.value = has;
    });
  }, []);

  const accept = async () => {
    // First of all: the browser asks only as the direct answer to a click.
    if (!hasAccess.value && !(await requestHostAccess().catch(() => false))) {
      problem.value =
        'Without access to web pages ARQ Context cannot see where you are. Press the button again and allow it, or allow it in the settings of the extension.';
      return;
    }
    hasAccess.value = true;
    const persisted = await navigator.storage.persist().catch(() => false);
    const answer = await ask('consent.set', { accepted: true, persisted });
    problem.value = answer.ok ? '' : answer.error.message;
  };
  const decline = async () => {
    const answer = await ask('consent.set', { accepted: false });
    problem.value = answer.ok ? '' : answer.error.message;
  };

  const now = status.value;
  return (
    <div class="actions" role="status">
      {now?.consent === 'accepted' ? (
        <>
          <p>
            <strong>Recording is on.</strong> The button in the toolbar pauses it and sets how much is kept.{' '}
            <a href={pageUrl('src/options/index.html#search')}>Search what was recorded</a>
          </p>
          <p class="small muted" data-testid="persisted">
            {now.persisted
              ? 'The browser promised not to clear this data by itself.'
              : 'The browser made no promise to keep this data when the disk is nearly full. It has unlimited storage, which makes that unlikely; an export is the sure way.'}
          </p>
        </>
      ) : (
        <>
          {now?.consent === 'declined' && (
            <p>Nothing is recorded. You can change your mind here or from the toolbar button at any time.</p>
          )}
          {!hasAccess.value && (
            <p>
              The browser will ask to let ARQ Context access all websites: that is how it sees which pages you
              visit.
            </p>
          )}
          <div class="row">
            <button type="button" class="primary" data-testid="consent-accept" onClick={() => void accept()}>
              Start recording
            </button>
            <button type="button" data-testid="consent-decline" onClick={() => void decline()}>
              No, record nothing
            </button>
          </div>
        </>
      )}
      {problem.value && <p class="error">{problem.value}</p>}
    </div>
  );
}
