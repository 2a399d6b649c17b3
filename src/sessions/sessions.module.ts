/** Sessions of the revisions up to 2025-11-25. */
import { Module } from '@nestjs/common';
import { Sessions } from './sessions.service.js';

@Module({ providers: [Sessions], exports: [Sessions] })
export class SessionsModule {}
