/** A client of bare bytes: it says anything, however malformed, and reads what comes back or that the line was cut. */
import { connect, type Socket } from 'node:net';
import { within } from './http-deadline.js';

/** One response, as it stood on the wire. Header names are in lower case; a repeated header has several values. */
export interface RawResponse {
  status: number;
  headers: ReadonlyMap<string, readonly string[]>;
  body: string;
}

export class RawConnection {
  #received = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    const closed = (): void => {
      this.#closed = true;
      this.#wake();
    };
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    // A reset closes as well; what came before it still counts.
    socket.on('error', closed);
    socket.on('end', closed);
    socket.on('close', closed);
  }

  /** @param halfOpen whether the line stays open on this side when the server has closed its own. */
  static open(url: string, { halfOpen = false } = {}): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: halfOpen });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawConnection(socket));
      });
    });
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Everything received and not yet taken as a response. */
  get unread(): string {
    return this.#received.toString('latin1');
  }

  /** Sends bytes as they are; a line the server has cut takes no more. */
  write(bytes: string | Buffer): this {
    if (!this.#closed) this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    return this;
  }

  /** Says that nothing more comes; answers are still read. */
  finish(): this {
    this.socket.end();
    return this;
  }

  /** Sends the same bytes again and again until the line is gone, whatever the server says meanwhile. */
  async flood(bytes: Buffer): Promise<void> {
    while (!this.socket.destroyed) await new Promise<void>((resolve) => void this.socket.write(bytes, () => resolve()));
  }

  /** Takes one whole response. Rejects when the line closes before it is complete. */
  async response({ toHead = false } = {}): Promise<RawResponse> {
    const parsed = await this.#until('a response', () => {
      const found = parseResponse(this.#received, toHead, this.#closed);
      if (!found && this.#closed) throw new Error(`The line was closed after: ${JSON.stringify(this.unread)}`);
      return found;
    });
    this.#received = this.#received.subarray(parsed.length);
    return parsed.response;
  }

  /** Resolves once the server has closed the line. */
  async closed(): Promise<void> {
    await this.#until('the end of the connection', () => this.#closed || undefined);
  }

  /** Goes away without a word. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Reads nothing more, so that the server's writes back up. */
  pause(): this {
    this.socket.pause();
    return this;
  }

  #until<T>(what: string, look: () => T | undefined): Promise<T> {
    return within(what, new Promise<T>((resolve, reject) => {
      const again = (): void => {
        try {
          const found = look();
          if (found !== undefined) resolve(found);
        } catch (error) {
          reject(error);
        }
      };
      this.#wake = again;
      again();
    }));
  }
}

/** Sends bytes on a line of their own and takes the response; the line is dropped afterwards. */
export async function exchange(url: string, bytes: string | Buffer): Promise<RawResponse> {
  const line = await RawConnection.open(url);
  try {
    return await line.write(bytes).response();
  } finally {
    line.destroy();
  }
}

/** The bytes of a request: a head of these lines, an empty line, a body. */
export function head(lines: readonly string[], body = ''): string {
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** The only value of a header; undefined where there is none. */
export function headerOf(response: RawResponse, name: string): string | undefined {
  return response.headers.get(name)?.join(', ');
}

function parseResponse(bytes: Buffer, toHead: boolean, closed: boolean): { response: RawResponse; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    headers.set(name, [...headers.get(name) ?? [], line.slice(colon + 1).trim()]);
  }
  const start = end + 4;
  const whole = (body: string, length: number) => ({ response: { status, headers, body }, length });
  if (toHead || status === 204 || status === 304 || status < 200) return whole('', start);
  const announced = headers.get('content-length')?.[0];
  if (announced !== undefined) {
    const length = start + Number(announced);
    return bytes.length < length ? undefined : whole(bytes.subarray(start, length).toString(), length);
  }
  if (headers.get('transfer-encoding')?.[0] === 'chunked') return parseChunked(bytes, start, whole);
  return closed ? whole(bytes.subarray(start).toString(), bytes.length) : undefined;
}

function parseChunked<T>(bytes: Buffer, start: number, whole: (body: string, length: number) => T): T | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ;) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16);
    const next = line + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return whole(Buffer.concat(chunks).toString(), next);
    chunks.push(bytes.subarray(line + 2, line + 2 + size));
    at = next;
  }
}
