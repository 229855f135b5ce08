import { type ArgumentMetadata, type PipeTransform, StandardSchemaValidationPipe } from '@nestjs/common';
import { fieldViolationsOf } from '../errors/field-violation.js';
import { InvalidParameter } from '../errors/invalid-input.js';

/** Checks a parameter against its declared schema, and names every violation. */
export class ContractPipe implements PipeTransform {
  transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    return this.validating(metadata.data).transform(value, metadata);
  }

  private validating(name: string | undefined): StandardSchemaValidationPipe {
    return new StandardSchemaValidationPipe({
      exceptionFactory: (issues) => {
        return InvalidParameter.because(fieldViolationsOf(issues, name ? [name] : []));
      },
    });
  }
}
