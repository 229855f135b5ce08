import { DiscoveryService, Reflector } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import { ApiExtension, type OpenAPIObject } from '@nestjs/swagger';
import { needOf } from '../access/needs.decorator.js';
import { type Scope, SCOPES } from '../access/scopes.js';
import { problemResponse } from '../problems/problem.documentation.js';

type Call = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Response = ReturnType<typeof problemResponse>;

const SCOPE = 'x-scope';
const bearer = (description: string, bearerFormat?: string) =>
  ({ type: 'http', scheme: 'bearer', description, ...(bearerFormat && { bearerFormat }) }) as const;

const SCHEMES = {
  apiKey: bearer('An API key, `oc_live_…` or `oc_test_…`, of a backend.'),
  jwt: bearer('A token of the shop’s identity provider.', 'JWT'),
  startToken: bearer('From a backend, for a page: it starts one operation, as the backend has laid down.', 'JWT'),
  watchToken: bearer('From the answer to a start: it reads that operation alone, and may cancel it.', 'JWT'),
} as const;

const TOKENS: Partial<Record<Scope, keyof typeof SCHEMES>> = {
  'operations:start': 'startToken',
  'operations:read': 'watchToken',
  'operations:cancel': 'watchToken',
};

/** Writes the declared scope of each route into its documentation, before the document is made. */
export function declareScopes(app: INestApplication): void {
  const reflector = app.get(Reflector);
  for (const { metatype } of app.get(DiscoveryService, { strict: false }).getControllers()) {
    const { prototype } = metatype as { prototype: object };
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (name === 'constructor' || typeof descriptor.value !== 'function') continue;
      const need = needOf(reflector, [descriptor.value as () => unknown, metatype as new () => unknown]);
      if (need && 'scope' in need) ApiExtension(SCOPE, need.scope)(prototype, name, descriptor);
    }
  }
}

/** What each call needs: its scope, the credentials that may have it, and how it is refused without. */
export function describeAccess(document: OpenAPIObject, calls: readonly Call[], isOpen: boolean): void {
  (document.components ??= {}).securitySchemes = SCHEMES;
  document.security = [];
  for (const call of calls) {
    const scope = (call as { [SCOPE]?: Scope })[SCOPE];
    call.security = scope === undefined ? [] : [...(isOpen ? [{}] : []), ...credentialsWith(scope)];
    if (scope === undefined) continue;
    call.description = [call.description, `Needs the scope \`${scope}\`: ${SCOPES[scope]}.`]
      .filter(Boolean)
      .join('\n\n');
    const refused = [
      problemResponse('credentials_missing', 'credentials_invalid', 'credentials_expired'),
      problemResponse('scope_missing'),
    ];
    for (const response of refused) call.responses[response.status] = merged(call.responses[response.status], response);
  }
}

const credentialsWith = (scope: Scope) =>
  ['apiKey' as const, 'jwt' as const, ...(TOKENS[scope] ? [TOKENS[scope]] : [])]
    // A key never makes keys.
    .filter((scheme) => scheme !== 'apiKey' || scope !== 'keys:manage')
    .map((scheme) => ({ [scheme]: [] }));

function merged(documented: Call['responses'][string], { status: _, ...response }: Response) {
  if (!documented || !('content' in documented)) return response;
  const type = 'application/problem+json';
  const before = documented.content?.[type];
  const { schema, examples } = response.content[type];
  return {
    ...documented,
    description: [documented.description, response.description].join('; '),
    content: { ...documented.content, [type]: { schema, examples: { ...before?.examples, ...examples } } },
  };
}
