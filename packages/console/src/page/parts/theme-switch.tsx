import { useState } from 'preact/hooks';
import { applyTheme, storedTheme, THEMES } from '../theme.ts';

const NAMES = { system: 'As the system', light: 'Light', dark: 'Dark' } as const;

/** Light, dark, or what the system says. */
export function ThemeSwitch() {
  const [chosen, setChosen] = useState(storedTheme);
  return (
    <label class="field theme-switch">
      <span>Colours</span>
      <select
        value={chosen}
        onChange={({ currentTarget }) => {
          const theme = THEMES.find((one) => one === currentTarget.value) ?? 'system';
          setChosen(theme);
          applyTheme(theme);
        }}
      >
        {THEMES.map((theme) => (
          <option key={theme} value={theme}>
            {NAMES[theme]}
          </option>
        ))}
      </select>
    </label>
  );
}
