/** The map of roles, for who decides and for who asks people what they hand on. */
import { Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { RoleMap } from './role-map.js';

@Module({
  providers: [{ provide: RoleMap, useFactory: ({ rolesFile }: Settings) => RoleMap.read(rolesFile), inject: [Settings] }],
  exports: [RoleMap],
})
export class RolesModule {}
