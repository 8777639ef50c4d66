import { useRef } from 'preact/hooks';
import type { Pause, PauseState } from '../model/recording.ts';
import { clockTime } from '../ui/format.ts';
import { useKeptFocus } from '../ui/keep-focus.ts';
import { change, status } from '../ui/status.ts';

const CHOICES: readonly (readonly [Pause, string, string])[] = [
  ['15m', 'pause-15m', '15 minutes'],
  ['1h', 'pause-1h', '1 hour'],
  ['restart', 'pause-restart', 'Until restart'],
  ['resumed', 'pause', 'Until I resume'],
];

function until(pause: PauseState): string {
  if (pause.kind === 'until') return `It goes on by itself at ${clockTime(pause.untilMs)}.`;
  return pause.kind === 'restart' ? 'It goes on when the browser restarts.' : 'It goes on when you resume.';
}

export function PauseControls() {
  const box = useRef<HTMLDivElement>(null);
  useKeptFocus(box);
  const pause = status.value?.pause ?? { kind: 'none' };
  return (
    <div class="pause" ref={box}>
      {pause.kind === 'none' ? (
        <fieldset disabled={status.value === undefined}>
          <legend>Pause recording</legend>
          <div class="pauses">
            {CHOICES.map(([choice, testid, name]) => (
              <button
                type="button"
                key={choice}
                data-testid={testid}
                onClick={() => void change('pause.set', { pause: choice })}
              >
                {name}
              </button>
            ))}
          </div>
        </fieldset>
      ) : (
        <div class="row spread">
          <span>{until(pause)}</span>
          <button
            type="button"
            class="primary"
            data-testid="resume"
            onClick={() => void change('pause.end', {})}
          >
            Resume
          </button>
        </div>
      )}
    </div>
  );
}
