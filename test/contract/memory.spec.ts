import { memoryPlace } from '../support/stores.js';
import { describeEveryPort } from './every-port.js';

describeEveryPort('memory', memoryPlace);
