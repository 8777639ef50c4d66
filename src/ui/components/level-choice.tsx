import { PRIVACY_LEVELS, type PrivacyLevel } from '../../model/privacy.ts';
import { change, status } from '../status.ts';
import { askAboutStored, isLevelAsking, LevelQuestion, StoredLine } from './level-question.tsx';

export const LEVEL_WORDS: Readonly<Record<PrivacyLevel, { readonly name: string; readonly means: string }>> =
  {
    public: {
      name: 'Public',
      means: 'Kept in full. Other extensions that you allow on the Privacy tab may read it.',
    },
    private: { name: 'Private', means: 'Kept in full, for you alone.' },
    anonymous: {
      name: 'Anonymous',
      means: 'Only counts: the hour and the sort of site. No address, title or search.',
    },
    ephemeral: { name: 'Ephemeral', means: 'In memory only. Gone after an hour or when the browser closes.' },
  };

interface RadioProps {
  readonly level: PrivacyLevel;
  readonly describedBy?: string;
}

let lastChosen: PrivacyLevel | undefined;

function LevelRadio({ level, describedBy }: RadioProps) {
  return (
    <input
      type="radio"
      id={`level-${level}`}
      name="level"
      value={level}
      data-testid={`level-${level}`}
      aria-describedby={describedBy}
      checked={status.value?.level === level}
      onChange={() => {
        // Who chooses quickly is ahead of the status; who chose elsewhere is behind it.
        const before = [status.value?.level, lastChosen].filter((one) => one !== undefined);
        lastChosen = level;
        void change('level.set', { level }).then(() => {
          if (status.value?.level === level) return askAboutStored(level, before);
        });
      }}
    />
  );
}

/** All four with what they mean. Disabled until it is known which one holds. */
export function LevelChoice() {
  return (
    <fieldset disabled={status.value === undefined}>
      <legend>How much is kept</legend>
      <div class="levels">
        {PRIVACY_LEVELS.map((level) => (
          <label class="level" key={level} for={`level-${level}`}>
            <LevelRadio level={level} describedBy={`means-${level}`} />
            <span>{LEVEL_WORDS[level].name}</span>
            {/* Hidden from the name, read as the description. */}
            <span class="small muted" id={`means-${level}`} aria-hidden="true">
              {LEVEL_WORDS[level].means}
            </span>
          </label>
        ))}
      </div>
      <LevelQuestion />
    </fieldset>
  );
}

/** The same in one line, with the meaning of the chosen one below. */
export function LevelSegments() {
  const chosen = status.value?.level;
  return (
    <fieldset disabled={chosen === undefined}>
      <legend>How much is kept</legend>
      <div class="segments">
        {PRIVACY_LEVELS.map((level) => (
          <label class="segment" key={level} for={`level-${level}`} title={LEVEL_WORDS[level].means}>
            <LevelRadio
              level={level}
              {...(chosen === level && !isLevelAsking.value ? { describedBy: 'means' } : {})}
            />
            <span>{LEVEL_WORDS[level].name}</span>
          </label>
        ))}
      </div>
      {/* A popup is low: what the level means makes room for the question that follows from it. */}
      {!isLevelAsking.value && (
        <p class="means small muted" id="means">
          {chosen && LEVEL_WORDS[chosen].means}
        </p>
      )}
      <LevelQuestion />
      <StoredLine />
    </fieldset>
  );
}
