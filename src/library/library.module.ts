/** The tools that come with the server, ready to be discovered. */
import { Module } from '@nestjs/common';
import { Basics } from './basics.js';
import { DataTransform } from './data-transform/data-transform.js';

/** Offers `echo`, `server_time`, `greet` and `data_transform`. Needs the global `Clock`. */
@Module({ providers: [Basics, DataTransform] })
export class LibraryModule {}
