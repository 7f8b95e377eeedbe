import { useMemo, useState } from 'preact/hooks';
import { bestColourField, legend } from '../lib/colours.js';
import { asLine, display, valueAt } from '../lib/display.js';
import { focusHit } from '../lib/focus.js';
import { shorten } from '../lib/format.js';
import { placeLabels } from '../lib/labels.js';
import { share } from '../lib/score.js';
import { mainVector } from '../state/collections.js';
import type { MapPoint } from '../state/map.js';
import { usePage } from './context.js';
import { Legend } from './Legend.js';

const SIZE = { width: 360, height: 300 };
const MARGIN = 18;
const LABELS = { ...SIZE, character: 6, line: 13, radius: 6 };

/** Screen places of map points, stretched to fill both directions. */
function layout(points: readonly MapPoint[]) {
  const fit = (values: number[], length: number) => {
    const low = Math.min(...values);
    const spread = Math.max(...values) - low || 1;
    return (value: number) => MARGIN + ((value - low) / spread) * (length - 2 * MARGIN);
  };
  const x = fit(
    points.map((point) => point.x),
    SIZE.width,
  );
  const y = fit(
    points.map((point) => -point.y),
    SIZE.height,
  );
  return points.map((point) => ({ x: x(point.x), y: y(-point.y), hit: point.hit }));
}

/** The hits on a plane: near in meaning is near on the map. */
export function HitMap() {
  const { map, hints, facets, pointed, card, more, search } = usePage();
  const [chosenField, setField] = useState<string | null>(null);
  const points = map.points.value;
  const hits = useMemo(() => points.map(({ hit }) => hit), [points]);
  const keys = facets.facets.value.filter(({ kind }) => kind === 'choice').map(({ key }) => key);
  const field =
    chosenField !== null && keys.includes(chosenField) ? chosenField : bestColourField(hits, keys);
  const entries = field === undefined ? [] : legend(hits, field);
  const drawn = useMemo(() => {
    const places = layout(points);
    const titles = places.map(({ hit }) => shorten(firstOf(display(hit, hints.value).title), 20));
    const labels = placeLabels(
      places.map(({ x, y }, i) => ({ x, y, text: titles[i]! })),
      LABELS,
    );
    return places.map((place, i) => ({ ...place, title: titles[i]!, label: labels[i]! }));
  }, [points, hints.value]);
  if (card.value === undefined || points.length < 3) return <Unmapped />;

  const { distance } = mainVector(card.value.info);
  const scores = hits.map(({ score }) => score);
  const ranked = search.outcome.value?.request.body.query !== undefined;
  const colourOf = (value: string) => entries.find((entry) => entry.value === value)?.colour ?? 'x';
  const open = (place: number) => {
    if (!focusHit(place)) more(place + 1);
  };
  return (
    <section class="panel map" aria-labelledby="map">
      <div class="panel-head">
        <h2 class="eyebrow" id="map">
          Map of the nearest {points.length}
        </h2>
        {keys.length > 1 && (
          <select
            aria-label="Colour by"
            value={field}
            onChange={(event) => setField(event.currentTarget.value)}
          >
            {keys.map((key) => (
              <option key={key}>{key}</option>
            ))}
          </select>
        )}
      </div>
      {/* The list says the same in words: the drawing is for the eye alone. */}
      <svg viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} class="map-drawing" aria-hidden="true">
        {drawn.map(({ x, y, hit }, i) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: the list offers the same to keyboards
          <circle
            key={String(hit.id)}
            cx={x}
            cy={y}
            r={ranked ? 2.6 + 3.4 * (scores.length > 1 ? rank(i, scores.length) : 1) : 4}
            class={`dot colour-${field === undefined ? 0 : colourOf(asLine(valueAt(hit.payload, field)))}`}
            opacity={ranked ? 0.45 + 0.55 * share(hit.score, distance, scores) : 0.9}
            onMouseEnter={() => {
              pointed.value = hit.id;
            }}
            onClick={() => open(i)}
          />
        ))}
        {drawn.map(({ hit, title, label }, i) => {
          if (label === null || hit.id === pointed.value) return null;
          return (
            <text
              key={String(hit.id)}
              x={label.x}
              y={label.y}
              text-anchor={label.anchor}
              class={i < 10 ? 'first' : undefined}
            >
              {title}
            </text>
          );
        })}
        <Pointed drawn={drawn} />
      </svg>
      {field !== undefined && <Legend field={field} entries={entries} />}
    </section>
  );
}

/** `grief, heartache, heartbreak` → `grief`. */
const firstOf = (title: string) => title.split(', ')[0]!;

const rank = (place: number, length: number) => 1 - place / (length - 1);

interface Drawn {
  readonly x: number;
  readonly y: number;
  readonly title: string;
  readonly hit: MapPoint['hit'];
}

/** A ring around the hit under the pointer or the focus, and its name. */
function Pointed({ drawn }: { drawn: readonly Drawn[] }) {
  const { pointed } = usePage();
  const found = drawn.find(({ hit }) => hit.id === pointed.value);
  if (found === undefined) return null;
  const left = found.x > SIZE.width / 2;
  return (
    <g class="ring">
      <circle cx={found.x} cy={found.y} r={9} />
      <text x={found.x + (left ? -13 : 13)} y={found.y} text-anchor={left ? 'end' : 'start'}>
        {found.title}
      </text>
    </g>
  );
}

function Unmapped() {
  return (
    <section class="panel map" aria-label="Map">
      <h2 class="eyebrow">Map</h2>
      <div class="map-blank" />
    </section>
  );
}
