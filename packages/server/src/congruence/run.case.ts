/**
 * Runs a script against the HTTP API and the oracle at once.
 *
 * @module
 */
import type { UpdateOperation } from '@fletch/search';
import type { Answer, Ask } from '../testing/setup.case.js';
import { OTHER } from './arbitraries/queries.case.js';
import type { Script, Step } from './arbitraries/steps.case.js';
import { capabilities } from './capabilities.case.js';
import { compareRecords, Disagreement, expectThat } from './compare.case.js';
import { OracleCollection } from './oracle/collection.case.js';
import { Doubts, Refused } from './oracle/doubts.case.js';
import { canonicalId } from './oracle/ids.case.js';
import { type Read, reads } from './read.case.js';

/** How many reads were compared, refused on both sides, and left open; by kind of step, and why. */
export class Tally {
  compared = 0;
  refused = 0;
  open = 0;
  readonly kinds = new Map<string, number>();
  readonly reasons = new Map<string, number>();

  count(map: Map<string, number>, key: string): void {
    map.set(key, (map.get(key) ?? 0) + 1);
  }
}

let collections = 0;

/** Fails with the part of the script that led to the first disagreement. */
export async function runScript(ask: Ask, script: Script, tally: Tally): Promise<void> {
  const runner = new Runner(ask, script, tally, `c${++collections}`);
  await runner.prepare();
  try {
    for (const step of script.steps) await runner.step(step);
  } catch (error) {
    if (!(error instanceof Disagreement)) throw error;
    throw new Error(`${error.message}\n\nScript, shrunk:\n${runner.history()}`);
  } finally {
    await runner.close();
  }
}

class Runner {
  private readonly collection: OracleCollection;
  private readonly other: OracleCollection;
  /** The writes so far, and the read that is compared. */
  private readonly done: unknown[] = [];
  private asked: unknown;

  constructor(
    private readonly ask: Ask,
    private readonly script: Script,
    private readonly tally: Tally,
    private readonly name: string,
  ) {
    const { config } = script.shape;
    this.collection = new OracleCollection(name, config);
    this.other = new OracleCollection(`${name}-${OTHER}`, config);
  }

  history(): string {
    return [...this.done, ...(this.asked ? [this.asked] : [])].map((line) => JSON.stringify(line)).join('\n');
  }

  async prepare(): Promise<void> {
    const { points, other, indexes, shape } = this.script;
    await this.must('PUT', '', shape.config);
    for (const index of indexes) await this.step({ createIndex: index });
    if (points.length > 0) await this.step({ update: [{ upsert: { points } }] });
    if (!capabilities.lookup) return;
    await this.must('PUT', '', shape.config, this.other.name);
    if (other.length === 0) return;
    this.other.update({ upsert: { points: other } }, new Doubts());
    await this.must('PUT', '/points?wait=true', { points: other }, this.other.name);
  }

  async close(): Promise<void> {
    await this.must('DELETE', '');
    if (capabilities.lookup) await this.must('DELETE', '', undefined, this.other.name);
  }

  async step(step: Step): Promise<void> {
    if ('update' in step) return this.update(step.update);
    if ('createIndex' in step) {
      this.collection.indexes.set(step.createIndex.field_name, step.createIndex.field_schema);
      await this.must('PUT', '/index?wait=true', step.createIndex);
      return;
    }
    if ('deleteIndex' in step) {
      this.collection.indexes.delete(step.deleteIndex);
      await this.must('DELETE', `/index/${encodeURIComponent(step.deleteIndex)}?wait=true`);
      return;
    }
    for (const read of reads(step)) await this.read(read);
  }

  private async read(read: Read): Promise<void> {
    const { kind, path } = read;
    const body = this.renamed(read.body);
    const doubts = new Doubts();
    const world = { collection: this.collection, others: this.others(), doubts };
    let compare: ((result: never) => void) | undefined;
    let refusal: Refused | undefined;
    try {
      compare = read.compare(body as never, world);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusal = error;
    }
    this.asked = { POST: path, body };
    const answer = await this.ask('POST', `/collections/${this.name}${path}`, body);
    if (doubts.reasons.size > 0) {
      this.tally.open++;
      for (const reason of doubts.reasons) this.tally.count(this.tally.reasons, reason);
      expectThat(answer.status < 500, `answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      return;
    }
    if (refusal) {
      const why = `answered ${answer.status} instead of ${refusal.status} (${refusal.message}): ${JSON.stringify(answer.body)}`;
      expectThat([refusal.status, ...refusal.others].includes(answer.status), why);
      this.tally.refused++;
      return;
    }
    expectThat(answer.status === 200, `answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    compare!(answer.body.result as never);
    this.tally.compared++;
    this.tally.count(this.tally.kinds, kind);
  }

  private others(): Map<string, OracleCollection> {
    return new Map([
      [this.other.name, this.other],
      [this.collection.name, this.collection],
    ]);
  }

  /** The other collection by the name that it has in this run. */
  private renamed(body: unknown): unknown {
    return JSON.parse(JSON.stringify(body).replaceAll(`"${OTHER}"`, `"${this.other.name}"`));
  }

  /** Carries out the operations that are certain, and compares everything afterwards. */
  private async update(operations: readonly UpdateOperation[]): Promise<void> {
    const sent: UpdateOperation[] = [];
    for (const operation of operations) {
      const certain = this.existing(operation);
      if (!certain) continue;
      this.collection.update(certain, new Doubts());
      sent.push(certain);
    }
    if (sent.length > 1 && capabilities.vectorUpdates)
      await this.must('POST', '/points/batch?wait=true', { operations: sent });
    else for (const operation of sent) await this.must(...endpointOf(operation));
    await this.compareAll();
  }

  /** Unknown ids are refused by some operations: they are left out, and operations whose filter is in doubt too. */
  private existing(operation: UpdateOperation): UpdateOperation | undefined {
    const [[verb, body]] = Object.entries(operation) as [
      [string, { points?: unknown[]; filter?: never; update_filter?: never }],
    ];
    const doubts = new Doubts();
    for (const filter of [body.filter, body.update_filter])
      if (filter) this.collection.matching(filter, doubts);
    if (doubts.reasons.size > 0) return undefined;
    if (verb === 'upsert' || !body.points) return operation;
    const points = body.points.filter((point) => {
      const id = typeof point === 'object' ? (point as { id: string }).id : (point as string);
      return this.collection.points.has(canonicalId(id));
    });
    return points.length === 0 ? undefined : ({ [verb]: { ...body, points } } as unknown as UpdateOperation);
  }

  private async compareAll(): Promise<void> {
    const body = { limit: 1000, with_payload: true, with_vector: true };
    const { points } = (await this.must('POST', '/points/scroll', body, this.name, false)).body.result;
    const ids = points.map(({ id }: { id: never }) => id);
    const expected = this.collection.sorted().map(({ id }) => id);
    expectThat(
      JSON.stringify(ids) === JSON.stringify(expected),
      `the points are ${JSON.stringify(ids)} instead of ${JSON.stringify(expected)}`,
    );
    compareRecords(points, this.collection, body, true);
  }

  private async must(
    method: string,
    path: string,
    body?: unknown,
    name = this.name,
    keep = true,
  ): Promise<Answer> {
    this.asked = undefined;
    if (keep) this.done.push({ [method]: path, body });
    const answer = await this.ask(method, `/collections/${name}${path}`, body);
    expectThat(
      answer.status === 200,
      `${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`,
    );
    return answer;
  }
}

/** The endpoint of its own that an operation has. */
function endpointOf(operation: UpdateOperation): [method: string, path: string, body: unknown] {
  const [[verb, body]] = Object.entries(operation) as [[string, unknown]];
  const endpoints: { [verb: string]: [string, string] } = {
    upsert: ['PUT', '/points'],
    delete: ['POST', '/points/delete'],
    set_payload: ['POST', '/points/payload'],
    overwrite_payload: ['PUT', '/points/payload'],
    delete_payload: ['POST', '/points/payload/delete'],
    clear_payload: ['POST', '/points/payload/clear'],
    update_vectors: ['PUT', '/points/vectors'],
    delete_vectors: ['POST', '/points/vectors/delete'],
  };
  const [method, path] = endpoints[verb]!;
  return [method, `${path}?wait=true`, body];
}
