import type { Frame } from '@fletch/insight';

/** What holds, what is in the hand, and what the agent remembers. */
export function Moment({ frame: { goal, held, room, memories } }: { frame: Frame }) {
  return (
    <div class="moment">
      <h2>Goal</h2>
      <ul class="claims goal">
        {goal.map(({ text, holds }) => (
          <li key={text} class={holds ? 'holds' : 'fails'}>
            <span class="mark" role="img" aria-label={holds ? 'holds' : 'does not hold yet'}>
              {holds ? '✓' : '·'}
            </span>
            <span>{text}</span>
          </li>
        ))}
      </ul>
      <h2>The agent</h2>
      <p>
        in the {room}, {held === null ? 'its hand empty' : `holding the ${held}`}
      </p>
      <h2>It remembers</h2>
      {memories.length === 0 ? (
        <p class="quiet">nothing yet</p>
      ) : (
        <ol>
          {memories.map((memory, i) => (
            <li key={i}>{memory}</li>
          ))}
        </ol>
      )}
    </div>
  );
}
