/** Chooses where state is kept. The only module that knows the technologies. */
import { Global, Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Clock, Random } from '../protocol/clock.js';
import { EventLog } from '../sessions/event-log.port.js';
import { SessionStore } from '../sessions/session-store.port.js';
import { MemoryEventLog } from './memory/event-log.memory.js';
import { MemorySessionStore } from './memory/session-store.memory.js';

@Global()
@Module({
  providers: [
    { provide: SessionStore, useClass: MemorySessionStore },
    {
      provide: EventLog,
      useFactory: (settings: Settings, clock: Clock, random: Random) => new MemoryEventLog({
        messages: settings.eventLogMessages, bytes: settings.eventLogBytes, ttlMs: settings.eventLogTtlSeconds * 1000,
      }, clock, random),
      inject: [Settings, Clock, Random],
    },
  ],
  exports: [SessionStore, EventLog],
})
export class StorageModule {}
