/** Stands for an operation in the documentation; Swagger UI puts the newest one in its place (see swagger-ui.ts). */
export const EXAMPLE_OPERATION = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
