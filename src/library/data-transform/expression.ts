/** JSONata, kept within bounds: length, depth, list size and time per evaluation. */
import jsonata from 'jsonata';
import { limits } from './limits.js';
import { DataFault, reasonOf } from './rejections.js';

/** JSONata's code for an evaluation that ran out of time. */
const OUT_OF_TIME = 'D1012';

/** Evaluates one compiled expression; what comes back may carry JSONata's decorations, see `toJson`. */
export type Evaluate = (input: unknown) => Promise<unknown>;

/** Compiles an expression that runs on one row at a time. */
export function rowExpression(text: string, stage: string): Evaluate {
  return compile(text, stage, limits.rowExpressionMs, limits.rowExpressionItems);
}

/** Compiles an expression that runs on the list of all rows. */
export function tableExpression(text: string, stage: string): Evaluate {
  return compile(text, stage, limits.tableExpressionMs, limits.rows);
}

function compile(text: string, stage: string, timeout: number, sequence: number): Evaluate {
  let compiled: jsonata.Expression;
  try {
    compiled = jsonata(text, { timeout, stack: limits.expressionStack, sequence });
  } catch (error) {
    throw new DataFault(`the expression is not valid JSONata: ${reasonOf(error)}${placeOf(error)} (${stage})`);
  }
  return async (input) => {
    try {
      return await compiled.evaluate(input);
    } catch (error) {
      // Fatal even where rows may be skipped: the next row would cost as much again.
      if (codeOf(error) === OUT_OF_TIME) throw new DataFault(`the expression ran longer than ${timeout} ms (${stage})`);
      throw error;
    }
  };
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function placeOf(error: unknown): string {
  const known = typeof error === 'object' && error !== null && 'position' in error && typeof error.position === 'number';
  return known ? ` at character ${error.position}` : '';
}
