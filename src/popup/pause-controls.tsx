import { ask } from '../messaging/client.ts';
import type { Pause, PauseState } from '../model/recording.ts';
import { exactTime } from '../ui/format.ts';
import { status } from '../ui/status.ts';

const CHOICES: readonly (readonly [Pause, string, string])[] = [
  ['15m', 'pause-15m', '15 minutes'],
  ['1h', 'pause-1h', '1 hour'],
  ['restart', 'pause-restart', 'Until restart'],
  ['resumed', 'pause', 'Until I resume'],
];

function until(pause: PauseState): string {
  if (pause.kind === 'until') return `Paused until ${exactTime(pause.untilMs)}.`;
  return pause.kind === 'restart' ? 'Paused until the browser restarts.' : 'Paused until you resume.';
}

export function PauseControls() {
  const pause = status.value?.pause ?? { kind: 'none' };
  if (pause.kind !== 'none') {
    return (
      <div class="row spread">
        <span>{until(pause)}</span>
        <button type="button" class="primary" data-testid="resume" onClick={() => void ask('pause.end', {})}>
          Resume
        </button>
      </div>
    );
  }
  return (
    <fieldset>
      <legend>Pause recording</legend>
      <div class="row">
        {CHOICES.map(([choice, testid, name]) => (
          <button
            type="button"
            key={choice}
            data-testid={testid}
            onClick={() => void ask('pause.set', { pause: choice })}
          >
            {name}
          </button>
        ))}
      </div>
    </fieldset>
  );
}
