import { createConfig, lintFromString } from '@redocly/openapi-core';

interface Example {
  summary: string;
  value: unknown;
}
interface Content {
  schema: { $ref?: string };
  example?: unknown;
  examples?: Record<string, Example>;
}
export interface Response {
  description: string;
  headers?: Record<string, unknown>;
  content?: Record<string, Content>;
}
export interface Call {
  operationId: string;
  parameters?: { name: string; in: string; description?: string; schema: { example?: unknown } }[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, Response>;
  description?: string;
  security: Record<string, string[]>[];
  'x-scope'?: string;
}
export interface Document {
  paths: Record<string, Record<string, Call>>;
  components: { schemas: Record<string, Record<string, unknown>>; securitySchemes: Record<string, unknown> };
}

/** The linter's findings in a document, as `rule at place: message`. */
async function findings(document: unknown, rules: Parameters<typeof createConfig>[0]): Promise<string[]> {
  const config = await createConfig(rules);
  const problems = await lintFromString({ source: JSON.stringify(document), absoluteRef: '/openapi.json', config });
  return problems.map(({ ruleId, message, location: [place] }) => `${ruleId} at ${place?.pointer}: ${message}`);
}

/** By the linter's recommended rules. */
export const lint = (document: Document) => findings(document, { extends: ['recommended'] });

/** Where an answer departs from the document: the linter checks the answer as the example of its response. */
export async function misfitsIn(
  answer: unknown,
  type: string,
  { document, method, path, status }: { document: Document; method: string; path: string; status: number },
): Promise<string[]> {
  const { content } = responseFor(document, method, path, status);
  const { schema } = content?.[type] ?? {};
  if (!schema)
    return [`The document has no ${type} for ${status} of ${method} ${path}: add it to the route's documentation.`];
  const response = { description: 'an answer', content: { [type]: { schema, example: answer } } };
  const small = { ...document, paths: { '/answer': { get: { responses: { 200: response } } } } };
  return findings(small, { rules: { 'no-unresolved-refs': 'error', 'no-invalid-media-type-examples': 'error' } });
}

/** The document's response for an answer; throws if there is none. */
export function responseFor(document: Document, method: string, path: string, status: number): Response {
  const response = document.paths[path]?.[method.toLowerCase()]?.responses[status];
  if (!response)
    throw new Error(
      `The document has no response ${status} of ${method} ${path}: add it to the route's documentation.`,
    );
  return response;
}
