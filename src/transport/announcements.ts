/** Puts list changes and resource updates on the streams of sessions that want them (revisions up to 2025-11-25). */
import { Inject, Injectable } from '@nestjs/common';
import { EventLog, type StreamName } from '../sessions/event-log.port.js';
import type { Session } from '../sessions/session.js';
import { Sessions } from '../sessions/sessions.service.js';
import { ChangeFeed, notificationOf } from '../tools/change-feed.js';
import { Dispatcher } from '../tools/dispatcher.js';
import { encodeNotification } from './encode.js';

@Injectable()
export class Announcements {
  constructor(private readonly feed: ChangeFeed, @Inject(EventLog) private readonly events: EventLog, private readonly sessions: Sessions, private readonly dispatcher: Dispatcher) {}

  /** From now until the session ends; a reader who is away for a while finds them in the log. */
  follow(session: Session, name: StreamName): void {
    const unsubscribe = this.feed.subscribe((change) => {
      // Rights are looked at when there is something to tell: they may have changed since.
      if (change.kind === 'resource' && !(session.subscriptions.includes(change.uri) && this.dispatcher.mayHearOf(session.owner, change.uri))) return;
      const { method, params } = notificationOf(change);
      void this.events.append(name, encodeNotification(method, params));
    });
    this.sessions.onEnd(session, unsubscribe);
  }
}
