import { useEffect, useState } from 'react';
import { store } from './store';
import { strings } from './strings';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const KEPT = 'theme';

const keptTheme = (): Theme => THEMES.find((theme) => theme === store.getItem(KEPT)) ?? 'system';

export function ThemeSwitch() {
  const [theme, setTheme] = useState(keptTheme);
  useEffect(() => {
    store.setItem(KEPT, theme);
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return (
    <label className="theme">
      <span className="visually-hidden">{strings.theme.label}</span>
      <select
        value={theme}
        onChange={({ target }) => setTheme(THEMES.find((name) => name === target.value) ?? 'system')}
      >
        {THEMES.map((name) => (
          <option key={name} value={name}>
            {strings.theme[name]}
          </option>
        ))}
      </select>
    </label>
  );
}
