import { usePage } from './context.js';

/** Sun by night, moon by day: the button shows where it leads. */
export function ThemeToggle() {
  const { theme } = usePage();
  const dark = theme.theme.value === 'dark';
  return (
    <button
      type="button"
      class="icon"
      aria-label={dark ? 'Switch to light' : 'Switch to dark'}
      onClick={() => theme.toggle()}
    >
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        {dark ? (
          <g fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round">
            <circle cx="10" cy="10" r="3.6" />
            <path d="M10 2v2m0 12v2M2 10h2m12 0h2M4.3 4.3l1.4 1.4m8.6 8.6 1.4 1.4m0-11.4-1.4 1.4m-8.6 8.6-1.4 1.4" />
          </g>
        ) : (
          <path
            d="M16.5 12.3A7 7 0 0 1 7.7 3.5a7 7 0 1 0 8.8 8.8z"
            fill="none"
            stroke="currentColor"
            stroke-width="1.6"
            stroke-linejoin="round"
          />
        )}
      </svg>
    </button>
  );
}
