/**
 * The one address the company's provider knows. The cookies of an interaction are not sent here, only to the path of the
 * interaction, so the answer is passed on to there, where it is judged.
 */
import { Controller, Get, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { fault } from '../../../../protocol/faults.js';
import { PageFaults } from '../page-faults.filter.js';
import { PageWriter } from '../page-writer.js';
import { visitOf } from './hop.js';

@Controller('oauth/federation/callback')
@UseFilters(PageFaults)
export class FederationCallbackController {
  constructor(private readonly writer: PageWriter) {}

  @Get()
  passOn(@Req() request: Request, @Res() response: Response): void {
    const { searchParams } = new URL(request.originalUrl, 'http://own.invalid');
    const visit = visitOf(searchParams.get('state') ?? undefined);
    if (visit === undefined) throw fault('sign_in_over', { detail: 'the state is none of ours' });
    const path = visit === 'account' ? '/account/return' : `/oauth/interaction/${visit}/return`;
    this.writer.seeOther(response, `${path}?${searchParams.toString()}`);
  }
}
