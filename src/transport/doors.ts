/** All doors together, for who starts and ends the process. */
import { Injectable } from '@nestjs/common';
import { Dispatcher } from '../tools/dispatcher.js';
import { FrontDoor } from './front-door.js';
import type { Front } from './http-adapter.js';
import { SseDoor } from './sse/sse-door.js';
import { StdioDoor, type Pipes } from './stdio/stdio-door.js';
import { Streams } from './streamable/streams.js';

export type { Pipes } from './stdio/stdio-door.js';

@Injectable()
export class Doors {
  constructor(
    private readonly frontDoor: FrontDoor, private readonly dispatcher: Dispatcher, private readonly sse: SseDoor,
    private readonly streams: Streams, private readonly stdio: StdioDoor,
  ) {}

  /** What stands in front of Express. */
  get front(): Front {
    return this.frontDoor.take;
  }

  /** Ends every stream that waits for news rather than for an answer, each as its revision says (contract line 19). */
  endNews(): void {
    this.dispatcher.endSubscriptions();
    this.sse.endAll('quiet');
    this.streams.detachAll('news');
  }

  /** Whether answers still wait for readers that are slow. */
  get hasUnread(): boolean {
    return this.sse.hasUnread || this.streams.hasUnread;
  }

  /** Ends what is left once the calls have been answered. */
  endStreams(): void {
    this.sse.endAll('all');
    this.streams.detachAll('all');
  }

  /** Serves one client over pipes until its input ends. */
  serveStdio(pipes: Pipes): Promise<void> {
    return this.stdio.serve(pipes);
  }
}
