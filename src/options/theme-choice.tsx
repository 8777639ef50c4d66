import { THEMES } from '../model/theme.ts';
import { tellDevice } from '../ui/tell-device.ts';
import { currentTheme, setTheme } from '../ui/theme.ts';

export function ThemeChoice() {
  return (
    <label class="theme small muted">
      <span>Appearance</span>
      <select
        data-testid="theme"
        onChange={(event) => {
          const theme = THEMES.find((candidate) => candidate === event.currentTarget.value);
          if (!theme) return;
          setTheme(theme);
          tellDevice();
        }}
      >
        {THEMES.map((theme) => (
          <option key={theme} value={theme} selected={theme === currentTheme()}>
            {{ system: 'As the system', light: 'Light', dark: 'Dark' }[theme]}
          </option>
        ))}
      </select>
    </label>
  );
}
