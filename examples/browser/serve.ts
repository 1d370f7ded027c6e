/**
 * Builds the page and serves it on this machine:
 *
 *   npm run example:browser -- --port 8080
 *
 * The page is isolated from other origins (COOP and COEP), which gives it the finest clock that a browser has.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { buildPage } from './build.ts';

export interface Served {
  /** `http://localhost:8080/`. */
  readonly address: string;
  readonly close: () => Promise<void>;
}

/** What is served, and as what. */
const files: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
  'main.js': 'text/javascript; charset=utf-8',
  'wasmWorker.js': 'text/javascript; charset=utf-8',
  'main.js.map': 'application/json',
  'wasmWorker.js.map': 'application/json',
};

/** @param port 0 takes any that is free. Rejects where the port is taken. */
export async function serve(port: number): Promise<Served> {
  const site = await buildPage();
  const server = createServer((request, response) => {
    answer(site, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, 'localhost', resolve);
  });
  const bound = server.address();
  const address = `http://localhost:${typeof bound === 'object' ? bound?.port : port}/`;
  const close = (): Promise<void> =>
    new Promise(resolve => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { address, close };
}

async function answer(site: URL, { method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = url?.replace(/\?.*$/, '').slice(1) || 'index.html';
  const type = Object.hasOwn(files, name) ? files[name] : undefined;
  if (type === undefined || (method !== 'GET' && method !== 'HEAD')) {
    response.writeHead(type === undefined ? 404 : 405).end();
    return;
  }
  const body = await readFile(new URL(name, site));
  response.writeHead(200, {
    'content-type': type,
    'content-length': body.length,
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'x-content-type-options': 'nosniff',
  });
  response.end(method === 'HEAD' ? undefined : body);
}

/** The port asked for, or what is wrong with the arguments. */
function portOf(arguments_: string[]): number | string {
  try {
    const { values } = parseArgs({
      args: arguments_,
      options: { port: { type: 'string', default: '8080' } },
    });
    const port = Number(values.port);
    const isPort = /^\d+$/.test(values.port) && port <= 65535;
    return isPort ? port : `--port is a number from 0 to 65535, got ${values.port}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function main(): Promise<void> {
  const port = portOf(process.argv.slice(2));
  if (typeof port === 'string') {
    console.error(port);
    process.exitCode = 2;
    return;
  }
  try {
    const { address } = await serve(port);
    console.log(`The page is at ${address} (Ctrl-C ends it).`);
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    console.error(taken ? `port ${port} is taken; choose another with --port` : error);
    process.exitCode = 1;
  }
}

if (import.meta.main) await main();
