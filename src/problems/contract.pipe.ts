import { type ArgumentMetadata, type PipeTransform, StandardSchemaValidationPipe } from '@nestjs/common';
import { fieldViolationsOf } from '../errors/field-violation.js';
import { Problem } from './problem.js';

/** Holds a parameter to the schema that it is declared with, and names every offending one. */
export class ContractPipe implements PipeTransform {
  transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    return this.validating(metadata.data).transform(value, metadata);
  }

  private validating(name: string | undefined): StandardSchemaValidationPipe {
    return new StandardSchemaValidationPipe({
      exceptionFactory: (issues) => {
        const found = fieldViolationsOf(issues, name ? [name] : []);
        const named = found.map(({ path, message }) => `${path}: ${message}`).join('; ');
        return new Problem('invalid_parameter', `Not as expected: ${named}.`, found);
      },
    });
  }
}
