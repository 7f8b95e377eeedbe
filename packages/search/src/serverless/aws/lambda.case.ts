/**
 * A local endpoint that speaks AWS Lambda's Invoke: every container of every function is a process of its own.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with an invocation: refused, its process killed, too slow for its time limit, or delivered twice. */
export type Fault = 'throttle' | 'crash' | 'slow' | 'twice';

/** The endpoint. */
export interface LocalLambda {
  readonly url: string;
  /** Says what goes wrong with the n-th invocation (from 1) of a function; set at will. */
  faults: (name: string, count: number) => Fault | undefined;
  /** Invocations of each function, refused ones too. */
  readonly counts: Map<string, number>;
  /** Processes that were started. */
  readonly started: () => number;
  /** Ends containers, as a cloud does after a while: those of a function, or all. */
  chill(name?: string): void;
  close(): Promise<void>;
}

const MEMORY = '1769';

/** What a container runs: events come by message, answers go back. */
const program = (bundle: string, functionName: string) => `
import { handler } from ${JSON.stringify(bundle)};
process.on('message', async ({ event, ms }) => {
  const ends = Date.now() + ms;
  const context = { functionName: ${JSON.stringify(functionName)}, memoryLimitInMB: '${MEMORY}', getRemainingTimeInMillis: () => ends - Date.now() };
  try {
    process.send({ reply: (await handler(event, context)) ?? null });
  } catch (error) {
    process.send({ error: { errorType: error.name, errorMessage: error.message } });
  }
});
`;

function respond(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(text);
}

/** A failure within the function. */
const failed = (response: ServerResponse, errorType: string, errorMessage: string) =>
  respond(response, 200, { errorType, errorMessage }, { 'x-amz-function-error': 'Unhandled' });

/** Refused before the function ran. */
const refused = (response: ServerResponse, status: number, type: string, message: string) =>
  respond(response, status, { Type: 'User', message }, { 'x-amzn-errortype': type });

/**
 * Starts the endpoint.
 *
 * @param bundle - URL of a module that exports `handler`
 * @param names - of its functions
 * @param timeout - milliseconds that an invocation may take
 */
export async function startLambda(
  bundle: string,
  names: readonly string[],
  { timeout, env }: { readonly timeout: number; readonly env: Readonly<Record<string, string>> },
): Promise<LocalLambda> {
  const free = new Map<string, ChildProcess[]>();
  const all = new Map<ChildProcess, string>();
  let started = 0;
  let url = '';

  const container = (name: string): ChildProcess => {
    const idle = free.get(name)?.pop();
    if (idle) return idle;
    started++;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program(bundle, name)], {
      env: { PATH: process.env.PATH, ...env, AWS_ENDPOINT_URL_LAMBDA: url },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    all.set(child, name);
    child.on('exit', () => all.delete(child));
    return child;
  };

  const invoke = async (name: string, event: unknown, fault: Fault | undefined, response: ServerResponse) => {
    const child = container(name);
    const clock = new AbortController();
    const late = setTimeout(() => clock.abort(), timeout);
    // Who asked is gone: nobody waits for the answer.
    response.on('close', () => clock.abort());
    try {
      if (fault === 'slow') await new Promise((resolve) => clock.signal.addEventListener('abort', resolve));
      if (fault === 'crash') child.kill('SIGKILL');
      const ended = once(child, 'exit').then(() => 'exit' as const);
      for (let rest = fault === 'twice' ? 2 : 1; rest > 0; rest--) {
        const message = once(child, 'message', { signal: clock.signal });
        if (child.connected) child.send({ event, ms: timeout }, () => undefined);
        const outcome = await Promise.race([message, ended]);
        if (outcome === 'exit') {
          message.catch(() => undefined);
          return failed(
            response,
            'Runtime.ExitError',
            'RequestId: 0 Error: Runtime exited with error: signal: killed',
          );
        }
        if (rest > 1) continue;
        const { reply, error } = outcome[0] as {
          reply: unknown;
          error?: { errorType: string; errorMessage: string };
        };
        free.set(name, [...(free.get(name) ?? []), child]);
        if (error) return failed(response, error.errorType, error.errorMessage);
        return respond(response, 200, reply);
      }
    } catch {
      child.kill('SIGKILL');
      failed(
        response,
        'Sandbox.Timedout',
        `RequestId: 0 Error: Task timed out after ${(timeout / 1000).toFixed(2)} seconds`,
      );
    } finally {
      clearTimeout(late);
    }
  };

  const counts = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const name = decodeURIComponent(
      /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(request.url!)?.[1] ?? '',
    );
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    if (request.method !== 'POST' || !names.includes(name))
      return refused(response, 404, 'ResourceNotFoundException', `Function not found: ${name}`);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const fault = lambda.faults(name, count);
    if (fault === 'throttle') return refused(response, 429, 'TooManyRequestsException', 'Rate Exceeded.');
    await invoke(name, JSON.parse(Buffer.concat(pieces).toString('utf8')), fault, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const chill = (name?: string) => {
    for (const [child, of] of all) {
      if (name !== undefined && of !== name) continue;
      free.delete(of);
      child.kill('SIGKILL');
    }
  };
  const lambda: LocalLambda = {
    url,
    faults: () => undefined,
    counts,
    started: () => started,
    chill,
    close: async () => {
      chill();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return lambda;
}
