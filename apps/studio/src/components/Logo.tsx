/** The arrow: a shaft, two vanes, and the odd-coloured index vane that archers align by. */
export function Logo() {
  return (
    <span class="logo">
      <svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true">
        <g fill="none" stroke-linecap="round" stroke-linejoin="round" stroke-width="2.2">
          <path d="M8 24 27 5m-8.5 0H27v8.5" stroke="currentColor" />
          <path d="M12 20H6.5L2.5 24H8z" class="vane" />
          <path d="M12 20v5.5L8 29.5V24z" class="vane vane-index" />
        </g>
      </svg>
      <span class="logo-name">Fletch</span>
    </span>
  );
}
