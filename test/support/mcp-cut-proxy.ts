/** A TCP proxy that breaks connections where a test wants it: the cable pulled out, without a word to either side. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A proxy in front of one server. */
export interface CutProxy {
  url: string;
  /** How many connections came so far. */
  readonly connections: number;
  /**
   * Breaks the connection right behind these words on their way to the client, once; what follows them is lost.
   * Resolves when it has happened.
   */
  cutBehind(words: string): Promise<void>;
  /** Breaks every connection now. */
  cutAll(): void;
}

/** Starts a proxy; it ends with the test. */
export async function startCutProxy(target: string): Promise<CutProxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<[Socket, Socket]>();
  const scissors = new Map<Buffer, () => void>();
  let connections = 0;

  const cut = (pair: [Socket, Socket]): void => {
    pairs.delete(pair);
    for (const socket of pair) socket.destroy();
  };
  const server = createServer((client) => {
    connections++;
    const upstream = connect(Number(port), hostname);
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => cut(pair));
      socket.on('close', () => cut(pair));
    }
    client.on('data', (chunk) => upstream.write(chunk));
    // What was already passed on, as far as words could begin in it.
    let passed = Buffer.alloc(0);
    upstream.on('data', (chunk) => {
      const seen = Buffer.concat([passed, chunk]);
      for (const [words, tell] of scissors) {
        const at = seen.indexOf(words);
        if (at < 0) continue;
        scissors.delete(words);
        const kept = chunk.subarray(0, Math.max(0, at + words.length - passed.length));
        upstream.removeAllListeners('data');
        client.write(kept, () => {
          cut(pair);
          tell();
        });
        return;
      }
      const longest = Math.max(0, ...Array.from(scissors.keys(), (words) => words.length));
      passed = longest > 0 ? seen.subarray(-longest) : Buffer.alloc(0);
      client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cutAll = (): void => [...pairs].forEach(cut);
  onTestFinished(async () => {
    cutAll();
    server.close();
    await once(server, 'close');
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    get connections() {
      return connections;
    },
    cutBehind: (words) => new Promise((resolve) => void scissors.set(Buffer.from(words), resolve)),
    cutAll,
  };
}
