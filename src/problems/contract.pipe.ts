import { type ArgumentMetadata, type PipeTransform, StandardSchemaValidationPipe } from '@nestjs/common';
import { fieldViolationsOf } from '../errors/field-violation.js';
import { Problem } from './problem.js';

/** Checks a parameter against its declared schema, and names every violation. */
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
