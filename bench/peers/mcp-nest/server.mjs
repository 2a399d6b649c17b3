/** `@rekog/mcp-nest` as its manual shows it: tools as methods of a controller, sessions, plain answers as JSON, on Fastify, its faster platform. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { McpController, McpStrategy, StreamableHttpTransport, Tool } from '@rekog/mcp-nest';
import { z } from 'zod';
import { about, echoed, fillers, schemasWith, STEPS, toolCount } from '../../tools.mjs';

const schemas = schemasWith(z);
const content = (text) => ({ content: [{ type: 'text', text }] });

class BenchTools {
  echo({ message }) {
    return echoed(message);
  }

  repeat({ text }) {
    return content(text);
  }

  async count(_arguments, context) {
    for (let progress = 1; progress <= STEPS; progress++) await context.reportProgress({ progress, total: STEPS });
    return content('counted');
  }

  announce() {
    return content('');
  }
}

// Decorators by hand, since this is plain JavaScript.
function decorate(method, { title, description, ...schema }) {
  Tool({ name: method, description, annotations: { title }, ...schema })(BenchTools.prototype, method, Object.getOwnPropertyDescriptor(BenchTools.prototype, method));
  Payload()(BenchTools.prototype, method, 0);
  Ctx()(BenchTools.prototype, method, 1);
}

decorate('echo', { ...about.echo, parameters: schemas.echoInput, outputSchema: schemas.echoOutput });
decorate('repeat', { ...about.repeat, parameters: schemas.repeatInput });
decorate('count', about.count);
decorate('announce', about.announce);
for (const { name, title, description } of fillers(toolCount)) {
  BenchTools.prototype[name] = { [name]: () => content('') }[name];
  decorate(name, { title, description, parameters: schemas.fillerInput });
}
McpController()(BenchTools);

class AppModule {}
Module({ controllers: [BenchTools] })(AppModule);

const mcp = new McpStrategy({
  name: 'mcp-nest', version: '1.0.0', logging: { level: ['error'] },
  transports: [new StreamableHttpTransport({ statefulMode: true, enableJsonResponse: true })],
});
const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error'] });
mcp.setHttpAdapter(app.getHttpAdapter());
app.connectMicroservice({ strategy: mcp });
await app.startAllMicroservices();
await app.listen(0, '127.0.0.1');
process.stdout.write(`http://127.0.0.1:${app.getHttpServer().address().port}\n`);
process.on('SIGTERM', () => process.exit(0));
