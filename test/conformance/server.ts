/** Serves the fixtures without authentication, on PORT or any free one; ends on SIGTERM. */
import 'reflect-metadata';
import { createGatehouse } from '../../src/bootstrap.js';
import { FixtureModule } from './fixtures.js';

const gatehouse = await createGatehouse({
  settings: {
    port: Number(process.env['PORT'] ?? 0),
    authMode: 'none',
    // Every scenario comes as the same stranger, and many leave their session behind.
    maxSessionsPerCaller: 10_000, maxStreamsPerAddress: 0, visitsPerAddress: 0,
  },
  modules: [FixtureModule],
});

// Read by the runner; `localhost`, because the suite tries to rebind exactly that name.
const endpoint = new URL('/mcp', gatehouse.url);
endpoint.hostname = 'localhost';
process.stdout.write(`conformance fixtures at ${endpoint.href}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void gatehouse.close().finally(() => process.exit(0)));
}
