import { sqlitePlace } from '../support/stores.js';
import { describeEveryPort } from './every-port.js';

describeEveryPort('SQLite', sqlitePlace);
