/** What every module may use to see and be seen: the log, the clock, randomness, and whether the server is ready. */
import { pooledRandom } from './random.js';
import { Global, Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Clock, Random } from '../protocol/clock.js';
import { HealthController } from './health.controller.js';
import { Log, openLog } from './log.js';
import { Readiness } from './readiness.js';

const systemClock: Clock = { now: () => Date.now() };
const systemRandom: Random = pooledRandom();

@Global()
@Module({
  controllers: [HealthController],
  providers: [
    { provide: Clock, useValue: systemClock },
    { provide: Random, useValue: systemRandom },
    { provide: Log, useFactory: (settings: Settings) => openLog(settings.logLevel, process.stderr.isTTY === true), inject: [Settings] },
    Readiness,
  ],
  exports: [Clock, Random, Log, Readiness],
})
export class ObservabilityModule {}
