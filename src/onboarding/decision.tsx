import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { hasHostAccess, requestHostAccess } from '../platform/permissions.ts';
import { pageUrl } from '../platform/runtime.ts';
import { HealthLine } from '../ui/components/status-line.tsx';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { change, health, problem, status } from '../ui/status.ts';

/** What holds after the consent: recording may be paused, or stand in somebody's way. */
function Now() {
  const now = health.value;
  if (now !== undefined && now.code !== 'ok') return <HealthLine />;
  return (
    <p role="status">
      <strong>Recording is on.</strong> The button in the toolbar pauses it and sets how much is kept.
    </p>
  );
}

export function Decision() {
  const hasAccess = useSignal(true);
  const box = useRef<HTMLDivElement>(null);
  useKeptFocus(box);
  useEffect(() => {
    hasHostAccess().then(
      (has) => {
        hasAccess.value = has;
      },
      () => {
        // The question is asked at the click instead.
        hasAccess.value = false;
      },
    );
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
    await change('consent.set', { accepted: true, persisted });
  };

  const now = status.value;
  return (
    <div class="actions" ref={box}>
      {now?.consent === 'accepted' ? (
        <>
          <Now />
          <p>
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
            <p role="status">
              Nothing is recorded. You can change your mind here or from the toolbar button at any time.
            </p>
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
            <button
              type="button"
              data-testid="consent-decline"
              onClick={() => void change('consent.set', { accepted: false })}
            >
              No, record nothing
            </button>
          </div>
        </>
      )}
      <p class="error problem" role="alert" hidden={problem.value === ''}>
        {problem.value}
      </p>
    </div>
  );
}
