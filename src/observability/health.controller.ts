/** Answers orchestrators: is the process alive (R242), and does it want traffic (R166). */
import { Controller, Get, Header, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Readiness } from './readiness.js';

@Controller()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('health')
  @Header('Cache-Control', 'no-store')
  health(): { status: 'ok'; transport: 'sse' } {
    // The member `transport` is what the brief's clients look for; it says nothing about the other doors.
    return { status: 'ok', transport: 'sse' };
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  ready(@Res({ passthrough: true }) response: Response): { status: string } {
    if (this.readiness.state !== 'ready') response.status(503).header('Retry-After', '5');
    return { status: this.readiness.state };
  }
}
