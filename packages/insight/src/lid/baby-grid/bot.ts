/**
 * A planner that remembers what it has seen.
 *
 * @module
 */
import type { BabyGrid } from './baby-grid.js';
import { ahead, areAdjacent, type Cell, indexOf, isWall, SIDE } from './geometry.js';
import { isMeant } from './missions.js';
import { cellInView, VIEW } from './view.js';

const [LEFT, RIGHT, FORWARD, PICKUP, DROP, , DONE] = [0, 1, 2, 3, 4, 5, 6] as const;

const cellOf = (at: number): Cell => [at % SIDE, Math.floor(at / SIDE)];

/** Solves missions as BabyAI's bot does: search over free cells that were seen, move what blocks, explore. */
export class Bot {
  readonly #grid: BabyGrid;
  readonly #seen = new Set<number>();

  constructor(grid: BabyGrid) {
    this.#grid = grid;
  }

  next(): number {
    const grid = this.#grid;
    this.#look();
    const { task, carried } = grid;
    if (carried && grid.means(carried) && task.kind === 'put next') return this.#putBeside();
    const targets = this.#cellsOf((at) => grid.means(grid.things.get(at)!));
    if (carried) {
      // Something that was in the way.
      const free = this.#freeFront();
      return free ? DROP : this.#turnToFree();
    }
    if (targets.length === 0) return this.#explore();
    const step = this.#towards(targets.map(cellOf));
    if (step !== undefined) return step === 'there' ? this.#atTarget() : step;
    return this.#clear(targets.map(cellOf));
  }

  #atTarget(): number {
    return this.#grid.task.kind === 'go to' ? DONE : PICKUP;
  }

  /** Drops what is carried on a free cell beside what it has to lie beside. */
  #putBeside(): number {
    const grid = this.#grid;
    const { beside } = grid.task;
    const anchors = this.#cellsOf((at) =>
      isMeant(beside!, grid.things.get(at)!, cellOf(at), { position: grid.position, direction: 0 }),
    ).map(cellOf);
    if (anchors.length === 0) return this.#explore();
    const places = [...this.#seen]
      .map(cellOf)
      .filter((cell) => this.#isFree(cell) && anchors.some((anchor) => areAdjacent(cell, anchor)));
    const step = this.#towards(places);
    if (step === 'there') return DROP;
    return step ?? this.#explore();
  }

  /** Remembers the cells in view. */
  #look(): void {
    const { position, direction, carried } = this.#grid;
    for (let row = 0; row < VIEW; row++)
      for (let column = 0; column < VIEW; column++) {
        const cell = cellInView({ position, direction, carried }, column, row);
        if (!isWall(cell)) this.#seen.add(indexOf(cell));
      }
  }

  #cellsOf(wanted: (at: number) => boolean): number[] {
    return [...this.#grid.things.keys()].filter((at) => this.#seen.has(at) && wanted(at));
  }

  #isFree(cell: Cell): boolean {
    return !isWall(cell) && !this.#grid.things.has(indexOf(cell));
  }

  #freeFront(): boolean {
    const front = ahead(this.#grid.position, this.#grid.direction);
    return this.#isFree(front);
  }

  #turnToFree(): number {
    const { position, direction } = this.#grid;
    return this.#isFree(ahead(position, (direction + 3) % 4)) ? LEFT : RIGHT;
  }

  /**
   * The next move so as to face one of some cells, `there` when one is faced, undefined when none can be reached. Of paths
   * with as many moves the one with fewer turns is gone.
   */
  #towards(goals: readonly Cell[]): number | 'there' | undefined {
    const { position, direction } = this.#grid;
    const wanted = new Set(goals.map(indexOf));
    // States are poses: turning costs a move as walking does.
    const start = indexOf(position) * 4 + direction;
    const first = new Map<number, number>([[start, -1]]);
    for (let queue = [start]; queue.length > 0; ) {
      const later: number[] = [];
      for (const state of queue) {
        const [cell, facing] = [cellOf(state >> 2), state & 3] as const;
        const front = ahead(cell, facing);
        if (wanted.has(indexOf(front))) {
          const move = first.get(state)!;
          return move < 0 ? 'there' : move;
        }
        for (const action of [FORWARD, LEFT, RIGHT]) {
          const canEnter = this.#isFree(front) && this.#seen.has(indexOf(front));
          if (action === FORWARD && !canEnter) continue;
          const pose =
            action === FORWARD
              ? indexOf(front) * 4 + facing
              : indexOf(cell) * 4 + ((facing + (action === LEFT ? 3 : 1)) % 4);
          if (first.has(pose)) continue;
          first.set(pose, state === start ? action : first.get(state)!);
          later.push(pose);
        }
      }
      queue = later;
    }
    return undefined;
  }

  /** Goes to face the nearest cell that was not seen. */
  #explore(): number {
    const unseen: Cell[] = [];
    for (let at = 0; at < SIDE * SIDE; at++)
      if (!isWall(cellOf(at)) && !this.#seen.has(at)) unseen.push(cellOf(at));
    const step = this.#towards(unseen);
    if (step !== undefined && step !== 'there') return step;
    return this.#clear(unseen);
  }

  /** Picks up what blocks the way to some cells. */
  #clear(goals: readonly Cell[]): number {
    if (this.#grid.carried) return this.#freeFront() ? DROP : this.#turnToFree();
    const nearest = (cell: Cell) =>
      Math.min(
        ...goals.map((goal) => Math.abs(goal[0] - cell[0]) + Math.abs(goal[1] - cell[1])),
        SIDE * SIDE,
      );
    const blockers = [...this.#grid.things.keys()]
      .filter((at) => this.#seen.has(at))
      .map(cellOf)
      .sort((a, b) => nearest(a) - nearest(b));
    for (const blocker of blockers) {
      const step = this.#towards([blocker]);
      if (step === 'there') return PICKUP;
      if (step !== undefined) return step;
    }
    return LEFT;
  }
}
