/** Everything the official conformance suite expects a server to offer; in tests only, never in a build. */
import { Module } from '@nestjs/common';
import { ListChanges } from './fixtures/list-changes.js';
import { PlainTools } from './fixtures/plain-tools.js';
import { Prompts } from './fixtures/prompts.js';
import { Questions } from './fixtures/questions.js';
import { Resources } from './fixtures/resources.js';
import { Rounds } from './fixtures/rounds.js';
import { ToolsModule } from '../../src/tools/tools.module.js';

@Module({ imports: [ToolsModule], providers: [PlainTools, Questions, Rounds, ListChanges, Resources, Prompts] })
export class FixtureModule {}
