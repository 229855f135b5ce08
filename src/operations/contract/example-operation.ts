/** The operation id of the documentation's examples; Swagger UI replaces it by the newest one (see swagger-ui.ts). */
export const EXAMPLE_OPERATION = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
