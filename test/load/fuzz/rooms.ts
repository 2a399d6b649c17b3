/** The sessions a fuzzer speaks in: opened, renewed where they have ended, and heard out before they are left. */
import { McpSession } from '../../support/http-mcp.js';
import { SseClient } from '../../support/http-sse.js';
import { SESSION_REVISIONS, type Rooms } from './corpus.js';
import { messageFaults } from './judge.js';

export class OpenRooms implements Rooms {
  readonly sessions = new Map<string, string>();
  state: string | undefined;
  readonly #opened = new Map<string, McpSession>();
  /** What was asked on `/messages`, by id as JSON text. */
  readonly #asked = new Map<string, string>();
  /** Ids that damage gave to several requests: which of them an answer is for cannot be told. */
  readonly #ambiguous = new Set<string>();
  #sse: SseClient | undefined;
  #opening: Promise<void> | undefined;

  constructor(private readonly url: string) {}

  /** Opens whatever is not open; whoever finds it closed meanwhile waits for the same. */
  async open(): Promise<void> {
    if (this.sessions.size === SESSION_REVISIONS.length) return;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    await this.#opening;
  }

  async #open(): Promise<void> {
    for (const revision of SESSION_REVISIONS) {
      if (this.sessions.has(revision)) continue;
      if (revision === '2024-11-05') {
        this.#sse = await SseClient.connect(this.url);
        this.#asked.set('"open"', 'initialize');
        this.sessions.set(revision, this.#sse.endpoint);
      } else {
        const session = await McpSession.open(this.url, revision);
        this.#opened.set(revision, session);
        this.sessions.set(revision, session.id);
      }
    }
  }

  /** Remembers what was taken on `/messages`, whose answers come on the stream. */
  asked(methods: ReadonlyMap<string, string>): void {
    for (const [id, method] of methods) {
      if (this.#asked.has(id)) this.#ambiguous.add(id);
      this.#asked.set(id, method);
    }
  }

  /** A session that answered 404 is over. */
  forget(revision: string): void {
    if (revision !== '2024-11-05') this.sessions.delete(revision);
    else if (this.#sse?.stream.isEnded === true) this.sessions.delete(revision);
  }

  /** Leaves every session; what was wrong with what the stream of 2024-11-05 said. */
  async leave(): Promise<string[]> {
    const faults = this.#heard();
    this.#sse?.close();
    await Promise.all([...this.#opened.values()].map((session) => session.end()));
    this.sessions.clear();
    this.#opened.clear();
    this.#asked.clear();
    this.#ambiguous.clear();
    return faults;
  }

  #heard(): string[] {
    const answers = new Set<string>();
    // A second initialize is a damaged one, and may ask for rules of another date.
    let revision = '2024-11-05';
    return (this.#sse?.stream.frames ?? []).flatMap(({ event = 'message', data }) => {
      if (event !== 'message' || data === undefined) return [];
      const { id, method, result } = JSON.parse(data);
      revision = result?.protocolVersion ?? revision;
      const key = JSON.stringify(id);
      if (method === undefined && this.#ambiguous.has(key)) return [];
      const again = method === undefined && id !== undefined && answers.has(key) ? [`a second answer to ${key}`] : [];
      if (method === undefined) answers.add(key);
      return [...again, ...messageFaults(data, revision, this.#asked).map((fault) => `${fault} in ${data.slice(0, 300)}`)];
    });
  }
}
