import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { expect, it } from 'vitest';
import { ConfigModule } from './config.module.js';
import { settingsFrom } from './load.js';
import { Settings } from './settings.js';

@Injectable()
class Reader {
  constructor(private readonly settings: Settings) {}

  port(): number {
    return this.settings.port;
  }
}

@Module({ providers: [Reader] })
class ReaderModule {}

it('hands the settings to any provider by the type of its parameter', async () => {
  const imports = [ConfigModule.forRoot(settingsFrom({ port: 4711 })), ReaderModule];
  const application = await Test.createTestingModule({ imports }).compile();
  expect(application.get(Reader).port()).toBe(4711);
});
