/** The doors: Streamable HTTP, HTTP+SSE, stdio, and the page that tells a person how to connect. */
import { Module } from '@nestjs/common';
import { LimitsModule } from '../limits/limits.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ToolsModule } from '../tools/tools.module.js';
import { Announcements } from './announcements.js';
import { CallLimit } from './call-limit.js';
import { CredentialWatch } from './credential-watch.js';
import { Dialog } from './dialog.js';
import { Doors } from './doors.js';
import { Drain } from './drain.js';
import { Edge } from './edge.js';
import { FrontDoor } from './front-door.js';
import { LandingController } from './landing/landing.controller.js';
import { Pulse } from './pulse.js';
import { Refusals } from './refusals.js';
import { Messages } from './sse/messages.js';
import { SseController } from './sse/sse.controller.js';
import { StreamTicketsController } from './sse/stream-tickets.controller.js';
import { SseDoor } from './sse/sse-door.js';
import { StdioDoor } from './stdio/stdio-door.js';
import { Exchange } from './streamable/exchange.js';
import { Streams } from './streamable/streams.js';

@Module({
  imports: [LimitsModule, SessionsModule, ToolsModule],
  controllers: [SseController, StreamTicketsController, LandingController],
  providers: [Announcements, CallLimit, CredentialWatch, Dialog, Doors, Drain, Edge, Exchange, FrontDoor, Messages, Pulse, Refusals, SseDoor, StdioDoor, Streams],
  exports: [Doors, Drain],
})
export class TransportModule {}
