/** A slip of the pen in the name of a role would let nobody in, and say nothing. */
import type { INestApplicationContext } from '@nestjs/common';
import { RoleMap } from '../auth/role-map.js';
import type { Outcome } from './command.js';

/** A remark where the role map names one of the roles nowhere; tools may still name it themselves. */
export function remarkOn(roles: readonly string[], app: INestApplicationContext): Pick<Outcome, 'remark'> {
  const map = app.get(RoleMap, { strict: false });
  const strange = roles.filter((role) => !map.names(role));
  if (strange.length === 0) return {};
  return { remark: `Note: the role map does not name ${strange.join(', ')}. Only tools that name such a role themselves are open to it.` };
}
