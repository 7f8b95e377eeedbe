/** Requests over connections that are kept. */
import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true });

/** One request; resolves with the answer's status and text. */
export function ask(method, url, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request(url, { method, agent, headers }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode, text: () => Buffer.concat(parts).toString() }),
      );
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
