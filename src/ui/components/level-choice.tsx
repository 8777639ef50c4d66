import { ask } from '../../messaging/client.ts';
import { PRIVACY_LEVELS, type PrivacyLevel } from '../../model/privacy.ts';
import { status } from '../status.ts';

export const LEVEL_WORDS: Readonly<Record<PrivacyLevel, { readonly name: string; readonly means: string }>> =
  {
    public: {
      name: 'Public',
      means: 'Kept in full. Extensions that you allow may read it; so far none can.',
    },
    private: { name: 'Private', means: 'Kept in full, for you alone.' },
    anonymous: {
      name: 'Anonymous',
      means: 'Only counts: the hour and the sort of site. No address, title or search.',
    },
    ephemeral: { name: 'Ephemeral', means: 'In memory only. Gone after an hour or when the browser closes.' },
  };

export function LevelChoice() {
  const chosen = status.value?.level;
  return (
    <fieldset>
      <legend>How much is kept</legend>
      <div class="levels">
        {PRIVACY_LEVELS.map((level) => (
          <label class="level" key={level}>
            <input
              type="radio"
              name="level"
              value={level}
              data-testid={`level-${level}`}
              checked={chosen === level}
              onChange={() => void ask('level.set', { level })}
            />
            <span>{LEVEL_WORDS[level].name}</span>
            <span class="small muted">{LEVEL_WORDS[level].means}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
