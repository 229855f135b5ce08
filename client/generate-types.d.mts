import type { OpenAPI3 } from 'openapi-typescript';

export const GENERATED: URL;
export function typesOf(document: OpenAPI3): Promise<string>;
