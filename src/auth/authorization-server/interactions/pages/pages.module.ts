/** The pages, for whoever needs finished HTML. */
import { Module } from '@nestjs/common';
import { Pages } from '../../../pages.port.js';
import { HtmlPages } from './html-pages.js';

@Module({
  providers: [HtmlPages, { provide: Pages, useExisting: HtmlPages }],
  exports: [HtmlPages, Pages],
})
export class PagesModule {}
