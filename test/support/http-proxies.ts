/** nginx and haproxy in front of a server, as an operator would put them there, each in a directory and on a port of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { until } from './http-deadline.js';
import { send } from './http-mcp.js';

/** A running proxy. */
export interface Proxy {
  url: string;
  stop(): Promise<void>;
}

type Kind = 'nginx' | 'haproxy';

// Connections to the server are kept and shared: what one client leaves on them would become another one's.
const configurations: Record<Kind, (port: number, target: string, directory: string) => string> = {
  nginx: (port, target, directory) => `
    daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
    events { worker_connections 256; }
    http {
      access_log off; client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
      fastcgi_temp_path ${directory}/fastcgi; uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
      upstream gatehouse { server ${target}; keepalive 2; }
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://gatehouse; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host localhost; proxy_buffering off; proxy_request_buffering off; }
      }
    }`,
  haproxy: (port, target) => `
global
  maxconn 256
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  http-reuse always
frontend front
  bind 127.0.0.1:${port}
  default_backend gatehouse
backend gatehouse
  server one ${target}
`,
};

/** Starts a proxy in front of a server and waits until it passes requests on. */
export async function startProxy(kind: Kind, url: string): Promise<Proxy> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), `${kind}-`));
  const file = join(directory, 'configuration');
  writeFileSync(file, configurations[kind](port, new URL(url).host, directory));
  const child = spawn(kind, kind === 'nginx' ? ['-c', file, '-p', directory] : ['-f', file, '-db'], { stdio: 'ignore' });
  const ended = once(child, 'close');
  const proxy = {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
  await until(`${kind} answers`, () => send(`${proxy.url}/health`, { method: 'GET', headers: { host: 'localhost' } }).then(({ status }) => status === 200, () => false));
  return proxy;
}
