import type { Frame, Narration } from '@fletch/insight';

/** Rooms are 5 × 5 around their centres, drawn at this many pixels a unit. */
const UNIT = 64;
const SIDE = 10 * UNIT;
const at = (value: number) => Math.round((value + 0.5) * UNIT);

/** The floor plan: rooms, furniture with what lies there, the agent. */
export function Apartment({ episode, frame }: { episode: Narration; frame: Frame }) {
  const { rooms, pieces } = episode;
  return (
    <svg
      class="apartment"
      viewBox={`0 0 ${SIDE} ${SIDE}`}
      role="img"
      aria-label={`The apartment: the agent is in the ${frame.room}`}
    >
      {rooms.map(({ name, x, y }) => (
        <g key={name}>
          <rect x={at(x - 2.5)} y={at(y - 2.5)} width={5 * UNIT} height={5 * UNIT} class="room" />
          <text x={at(x - 2.4)} y={at(y - 2.2)} class="room-name">
            {name}
          </text>
        </g>
      ))}
      {pieces.map(({ name, x, y }) => (
        <g key={name} transform={`translate(${at(x)} ${at(y)})`} class={classOf(name, frame)}>
          <rect x={-7} y={-7} width={14} height={14} rx={3} />
          <text y={20}>{name}</text>
          <text y={32} class="contents">
            {contentsOf(name, frame)}
          </text>
        </g>
      ))}
      <g class="agent" transform={`translate(${at(frame.x)} ${at(frame.y)})`}>
        <circle r={11} />
        {frame.held !== null && <text y={-16}>{frame.held}</text>}
      </g>
    </svg>
  );
}

function classOf(name: string, { open, on }: Frame): string {
  return ['piece', open.includes(name) && 'open', on.includes(name) && 'on'].filter(Boolean).join(' ');
}

/** What can be seen on or in a piece; of closed ones, that there is something. */
function contentsOf(piece: string, { things }: Frame): string {
  const own = things.filter(({ at: where }) => where === piece);
  if (own.some(({ hidden }) => hidden)) return `(${own.length} inside)`;
  const names = own.map(({ name }) => name);
  return names.length > 3 ? `${names.slice(0, 3).join(', ')}, +${names.length - 3}` : names.join(', ');
}
