import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Documentation } from '../../http/documented-by.decorator.js';
import { ApiProblems } from '../../problems/problem.documentation.js';
import { auditEventList } from './audit.contract.js';
import type { AuditController } from './audit.controller.js';

export const auditDocumentation: Documentation<AuditController> = {
  controller: ApiTags('access'),
  calls: {
    list: applyDecorators(
      ApiOperation({
        operationId: 'listAuditEvents',
        summary: 'List the audit trail, newest first',
        description: 'Who did what within the tenant of the credentials: keys, cancellations, resolutions, secrets.',
      }),
      ApiResponse({ status: 200, description: 'A page.', standardSchema: auditEventList }),
      ApiProblems('invalid_parameter', 'credentials_missing', 'credentials_invalid', 'scope_missing'),
    ),
  },
};
