/** The proxies that companies put in front of a server, from Debian packages and with their defaults, but for one short timeout. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePort } from './free-port.js';
import { until } from './http-deadline.js';

/** A kind of proxy: what starts it in front of a server, and cuts a connection that is quiet for so many seconds. */
export interface FrontProxy {
  name: string;
  start(target: string, idleSeconds: number): Promise<string>;
}

const nginx: FrontProxy = {
  name: 'nginx',
  start: (target, idleSeconds) => run((directory, port) => {
    const configuration = `daemon off; pid ${directory}/pid; error_log stderr crit; events {}
http {
  access_log off;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass ${target}; proxy_read_timeout ${idleSeconds}s; proxy_send_timeout ${idleSeconds}s; }
  }
}`;
    return ['/usr/sbin/nginx', '-p', directory, '-c', write(directory, 'nginx.conf', configuration)];
  }),
};

const haproxy: FrontProxy = {
  name: 'haproxy',
  start: (target, idleSeconds) => run((directory, port) => {
    const configuration = `defaults
  mode http
  timeout connect 5s
  timeout client ${idleSeconds}s
  timeout server ${idleSeconds}s
listen all
  bind 127.0.0.1:${port}
  server one ${new URL(target).host}
`;
    return ['/usr/sbin/haproxy', '-db', '-f', write(directory, 'haproxy.cfg', configuration)];
  }),
};

export const frontProxies: readonly FrontProxy[] = [nginx, haproxy];

function write(directory: string, name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** Starts a proxy that ends with the test; returns its address. */
async function run(command: (directory: string, port: number) => string[]): Promise<string> {
  const port = await freePort();
  const [program = '', ...args] = command(mkdtempSync(join(tmpdir(), 'proxy-')), port);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  onTestFinished(() => end(child));
  await until(`${program} listens`, async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}: ${said}`);
    return accepts(port);
  });
  return `http://127.0.0.1:${port}`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1');
    probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve());
    child.kill('SIGTERM');
  });
}
