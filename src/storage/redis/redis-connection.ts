/**
 * The connection to Redis: answers in time or says that it cannot (promise P11). While Redis is away nothing queues up for it,
 * so that its return is not met by a burst of what nobody waits for any more (rows J3, J4).
 */
import { createHash } from 'node:crypto';
import { createClient, ErrorReply } from '@redis/client';
import type { Log } from '../../observability/log.js';
import { fraction, type Random } from '../../protocol/clock.js';
import { StorageUnavailable } from '../../protocol/storage-unavailable.js';

/** Lua that Redis runs in one piece. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** Names a script by its content, as Redis does. */
export function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** How a connection is made. */
export interface RedisOptions {
  /** `redis://` or `rediss://`, with credentials where there are any. */
  url: string;
  /** The longest wait for an answer. */
  timeoutMs: number;
  random: Random;
  log: Log;
}

const LONGEST_RECONNECT_MS = 1000;
/** After an answer that did not come, so long nothing is asked but whether Redis is back. */
const REST_MS = 250;
const MOST_WAITING = 10_000;
const COMPLAIN_MS = 10_000;

type Client = ReturnType<typeof connect>;

export class RedisConnection {
  #restsUntil = 0;
  #complainedAt = -Infinity;

  private constructor(private readonly client: Client, private readonly listener: Client, private readonly options: RedisOptions) {
    for (const one of [client, listener]) one.on('error', (error: unknown) => this.#complain(error));
  }

  /** Throws `StorageUnavailable`, in one sentence without a password, where Redis cannot be reached. Close with `close()`. */
  static async open(options: RedisOptions): Promise<RedisConnection> {
    const client = connect(options);
    const connection = new RedisConnection(client, client.duplicate(), options);
    try {
      await within(options.timeoutMs * 5, Promise.all([client.connect(), connection.listener.connect()]));
    } catch (error) {
      connection.close();
      throw new StorageUnavailable(`Redis at ${new URL(options.url).host} cannot be reached`, { cause: error });
    }
    return connection;
  }

  /** Runs a script. Throws `StorageUnavailable` where no answer came in time, which may mean that it ran. */
  run({ sha, text }: Script, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    const call = { keys: [...keys], arguments: values.map(String) };
    return this.#ask(() => this.client.evalSha(sha, call).catch((error: unknown) => {
      // A Redis that was started anew knows no scripts.
      if (error instanceof ErrorReply && error.message.startsWith('NOSCRIPT')) return this.client.eval(text, call);
      throw error;
    }));
  }

  /** Hears what is published on a channel, also after Redis was away; what is published meanwhile is lost. */
  async listen(channel: string, heard: (message: string) => void): Promise<void> {
    await this.#ask(() => this.listener.subscribe(channel, heard));
  }

  close(): void {
    for (const one of [this.client, this.listener]) if (one.isOpen) one.destroy();
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    const now = performance.now();
    if (now < this.#restsUntil) throw new StorageUnavailable('Redis does not answer');
    try {
      return await within(this.options.timeoutMs, question());
    } catch (error) {
      if (error instanceof ErrorReply && !/^(?:LOADING|READONLY|OOM|MASTERDOWN|NOAUTH|NOPERM|CLUSTERDOWN|BUSY|TRYAGAIN)\b/.test(error.message)) throw error;
      this.#restsUntil = performance.now() + REST_MS;
      this.#complain(error);
      throw new StorageUnavailable('Redis does not answer', { cause: error });
    }
  }

  // Once in ten seconds: every request of a busy server meets the same trouble (row J4).
  #complain(error: unknown): void {
    const now = performance.now();
    if (now - this.#complainedAt < COMPLAIN_MS) return;
    this.#complainedAt = now;
    this.options.log.error('redis.unavailable', { error: error instanceof Error ? error.message : String(error) });
  }
}

function connect({ url, timeoutMs, random }: RedisOptions) {
  return createClient({
    url, disableOfflineQueue: true, commandsQueueMaxLength: MOST_WAITING,
    socket: {
      connectTimeout: timeoutMs * 5,
      // Jittered: processes that lost Redis together do not all come back in the same instant.
      reconnectStrategy: (attempt) => Math.min(LONGEST_RECONNECT_MS, 50 * 2 ** attempt) * (0.5 + fraction(random) / 2),
    },
  });
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([answer, new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`No answer within ${ms} ms`)), ms);
    })]);
  } finally {
    clearTimeout(timer);
  }
}
