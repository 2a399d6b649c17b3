/** A TCP proxy that does to connections what networks do: delays, throttles, cuts, resets, half-closes, swallows, flips bytes. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/**
 * What befalls one direction of a connection, counted in the bytes that went that way before: a `cut` ends both sides
 * without a word of why, a `reset` ends them with RST, after a `half-close` this direction has ended and the other goes
 * on, after a `blackhole` nothing is read or passed on and nobody is told.
 */
export type Fault =
  | { kind: 'delay'; ms: number }
  | { kind: 'throttle'; bytesPerSecond: number }
  | { kind: 'cut' | 'reset' | 'half-close' | 'blackhole'; after: number }
  | { kind: 'flip'; at: number };

/** The faults of one connection; a direction without one is passed on as it is. */
export interface Faults {
  toClient?: Fault | undefined;
  toServer?: Fault | undefined;
}

const TICKS_PER_SECOND = 20;

export class FaultProxy {
  readonly #links = new Set<Link>();
  readonly #scissors = new Map<Buffer, () => void>();
  #connections = 0;

  private constructor(private readonly server: Server, target: URL, faults: (connection: number) => Faults) {
    server.on('connection', (client) => {
      const link = new Link(client, connect({ port: Number(target.port), host: target.hostname, allowHalfOpen: true }), this.#scissors, () => this.#links.delete(link));
      this.#links.add(link);
      link.run(faults(this.#connections++));
    });
  }

  /**
   * Starts a proxy in front of a server.
   *
   * @param faults what befalls each connection, counted from 0; nothing unless given.
   */
  static async start(target: string, faults: (connection: number) => Faults = () => ({})): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new FaultProxy(server, new URL(target), faults);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** Starts a proxy that ends with the test. */
  static async forTest(target: string, faults?: (connection: number) => Faults): Promise<FaultProxy> {
    const proxy = await FaultProxy.start(target, faults);
    onTestFinished(() => proxy.close());
    return proxy;
  }

  get url(): string {
    const address = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${address.port}`;
  }

  /** How many connections came so far. */
  get connections(): number {
    return this.#connections;
  }

  /** How many of them are open. */
  get open(): number {
    return this.#links.size;
  }

  /**
   * Cuts the connection right behind these words on their way to the client, once; what follows them is lost.
   * Resolves when it has happened.
   */
  cutBehind(words: string): Promise<void> {
    return new Promise((resolve) => void this.#scissors.set(Buffer.from(words), resolve));
  }

  /** Cuts every connection now. */
  cutAll(): void {
    for (const link of this.#links) link.cut();
  }

  /** Resets every connection now. */
  resetAll(): void {
    for (const link of this.#links) link.reset();
  }

  /** From now on nothing of the open connections is read, passed on or ended. */
  swallowAll(): void {
    for (const link of this.#links) link.swallow();
  }

  async close(): Promise<void> {
    this.cutAll();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Two sockets that are one connection to those at its ends. */
class Link {
  #swallowed = false;

  constructor(private readonly client: Socket, private readonly upstream: Socket, private readonly scissors: Map<Buffer, () => void>, private readonly onOver: () => void) {
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.cut());
      socket.on('close', () => {
        this.onOver();
        // What the one side said before it left still reaches the other.
        (socket === client ? upstream : client).destroySoon();
      });
    }
  }

  run({ toClient, toServer }: Faults): void {
    void this.#carry(this.client, this.upstream, toServer);
    void this.#carry(this.upstream, this.client, toClient);
  }

  cut(): void {
    this.onOver();
    for (const socket of [this.client, this.upstream]) socket.destroy();
  }

  reset(): void {
    this.onOver();
    for (const socket of [this.client, this.upstream]) socket.resetAndDestroy();
  }

  swallow(): void {
    this.#swallowed = true;
    for (const socket of [this.client, this.upstream]) socket.pause();
  }

  async #carry(from: Socket, to: Socket, fault: Fault | undefined): Promise<void> {
    let passed = 0;
    // What was already passed on, as far as the words to cut behind could begin in it.
    let tail = Buffer.alloc(0);
    try {
      for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        const words = from === this.upstream ? this.#wordsIn(tail, chunk) : undefined;
        if (words) return void to.write(chunk.subarray(0, words.end), () => this.#cutBehind(words.tell));
        if (fault && 'after' in fault && passed + chunk.length >= fault.after) return void await this.#strike(to, chunk.subarray(0, fault.after - passed), fault.kind);
        await this.#pass(to, fault?.kind === 'flip' ? flipped(chunk, fault.at - passed) : chunk, fault);
        passed += chunk.length;
        const longest = Math.max(0, ...Array.from(this.scissors.keys(), (key) => key.length));
        tail = longest > 0 ? Buffer.concat([tail, chunk]).subarray(-longest) : Buffer.alloc(0);
      }
      if (!this.#swallowed) to.end();
    } catch {
      this.cut();
    }
  }

  async #pass(to: Socket, chunk: Buffer, fault: Fault | undefined): Promise<void> {
    if (fault?.kind === 'delay') await pause(fault.ms);
    if (fault?.kind !== 'throttle') return this.#write(to, chunk);
    const step = Math.max(1, Math.floor(fault.bytesPerSecond / TICKS_PER_SECOND));
    for (let at = 0; at < chunk.length; at += step) {
      await pause(1000 / TICKS_PER_SECOND);
      await this.#write(to, chunk.subarray(at, at + step));
    }
  }

  async #write(to: Socket, chunk: Buffer): Promise<void> {
    // Whoever swallows has stopped for good; the promise is left behind with the connection.
    if (this.#swallowed) return new Promise(() => undefined);
    if (!to.write(chunk)) await once(to, 'drain');
  }

  async #strike(to: Socket, last: Buffer, kind: 'cut' | 'reset' | 'half-close' | 'blackhole'): Promise<void> {
    if (last.length > 0) await new Promise((resolve) => void to.write(last, resolve));
    if (kind === 'cut') this.cut();
    else if (kind === 'reset') this.reset();
    else if (kind === 'half-close') to.end();
    else this.swallow();
  }

  #wordsIn(tail: Buffer, chunk: Buffer): { end: number; tell: () => void } | undefined {
    const seen = Buffer.concat([tail, chunk]);
    for (const [words, tell] of this.scissors) {
      const at = seen.indexOf(words);
      if (at < 0) continue;
      this.scissors.delete(words);
      return { end: Math.max(0, at + words.length - tail.length), tell };
    }
    return undefined;
  }

  #cutBehind(tell: () => void): void {
    this.cut();
    tell();
  }
}

function flipped(chunk: Buffer, at: number): Buffer {
  const copy = Buffer.from(chunk);
  if (at >= 0 && at < copy.length) copy.writeUInt8(copy.readUInt8(at) ^ 0x20, at);
  return copy;
}
