/** What is asked for, and how one tells that the answer is right: every answer is checked, and a wrong one ends the run. */
import { fillers, MESSAGE, STEPS } from './tools.mjs';

const BIG = 'x'.repeat(1_000_000);
const bigBytes = Buffer.from(BIG);

/** The message of a task and a function that judges the body of an answer to it. */
export function taskOf({ task, tools }) {
  return tasks[task](tools);
}

const tasks = {
  echo: () => ({
    message: { method: 'tools/call', params: { name: 'echo', arguments: { message: MESSAGE } } },
    isRight: (body) => body.includes(MESSAGE) && body.includes('"result"') && !body.includes('"isError":true'),
  }),

  repeat: () => ({
    message: { method: 'tools/call', params: { name: 'repeat', arguments: { text: BIG } } },
    isRight(body) {
      const from = body.indexOf('"text":"x') + '"text":"'.length;
      return body.length > BIG.length && bigBytes.equals(body.subarray(from, from + BIG.length));
    },
  }),

  list: (tools) => ({ message: { method: 'tools/list' }, isRight: sameAgain((body) => listsAll(body, tools)) }),

  count: () => ({
    message: { method: 'tools/call', params: { name: 'count', arguments: {}, _meta: { progressToken: 'p' } } },
    isRight(body) {
      const text = body.latin1Slice(0, body.length);
      const isComplete = text.split('"notifications/progress"').length === STEPS + 1;
      return isComplete && text.includes('"progress":1,') && text.includes(`"progress":${STEPS},`) && text.includes('counted');
    },
  }),

  announce: () => ({
    message: { method: 'tools/call', params: { name: 'announce', arguments: {} } },
    isRight: (body) => body.includes('announced'),
  }),
};

/** Whether it is the list of exactly the tools there should be, each with its schema. */
function listsAll(body, total) {
  const { tools } = JSON.parse(body.toString()).result;
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const isFiller = ({ name }) => Object.keys(byName.get(name)?.inputSchema.properties ?? {}).length === 4;
  return tools.length === total && byName.size === total && byName.get('echo')?.inputSchema.type === 'object' && fillers(total).every(isFiller);
}

/** Judges the first body by the function, and all later ones by being the same bytes but for the digits of the id. */
function sameAgain(isRight) {
  let first;
  let at;
  return (body) => {
    if (first === undefined) {
      if (!isRight(body)) return false;
      first = Buffer.from(body);
      at = /"id":\d+/.exec(first.latin1Slice(0, first.length));
      return true;
    }
    const [from, to] = [at.index, at.index + at[0].length];
    return body.length === first.length && body.compare(first, 0, from, 0, from) === 0 && body.compare(first, to, first.length, to, body.length) === 0;
  };
}
