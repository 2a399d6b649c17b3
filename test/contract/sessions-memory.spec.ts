/** The adapters that keep everything in this process keep the promises of the ports. */
import { randomBytes } from 'node:crypto';
import { MemoryEventLog } from '../../src/storage/memory/event-log.memory.js';
import { MemorySessionStore } from '../../src/storage/memory/session-store.memory.js';
import { bounds, describeEventLog } from './event-log.contract.js';
import { describeSessionStore } from './session-store.contract.js';

const TTL_MS = 1000;

describeSessionStore('memory', () => new MemorySessionStore());

describeEventLog('memory', () => {
  let now = 0;
  const make = (): MemoryEventLog => new MemoryEventLog({ ...bounds, ttlMs: TTL_MS }, { now: () => now }, { bytes: randomBytes });
  return {
    log: make(),
    passTime: () => {
      now += TTL_MS;
    },
    restarted: make,
  };
});
