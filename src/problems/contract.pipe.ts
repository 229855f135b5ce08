import { type ArgumentMetadata, type PipeTransform, StandardSchemaValidationPipe } from '@nestjs/common';
import { Problem } from './problem.js';

type ExceptionFactory = NonNullable<NonNullable<ConstructorParameters<typeof StandardSchemaValidationPipe>[0]>['exceptionFactory']>;
type Issues = Parameters<ExceptionFactory>[0];

const offences = (issues: Issues, base: string[]) =>
  issues.map(({ path = [], message }) => ({
    path: [...base, ...path.map((part) => String(typeof part === 'object' ? part.key : part))].join('.'),
    message,
  }));

/** Holds what comes in to the schema of its parameter, and names every offending field. */
export class ContractPipe implements PipeTransform {
  private readonly body = new StandardSchemaValidationPipe({
    exceptionFactory: (issues) =>
      new Problem('invalid_body', 'The body does not have the expected shape; `errors` names each offending field.', offences(issues, [])),
  });

  transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    return metadata.type === 'body' ? this.body.transform(value, metadata) : this.parameter(metadata.data).transform(value, metadata);
  }

  private parameter(name: string | undefined): StandardSchemaValidationPipe {
    return new StandardSchemaValidationPipe({
      exceptionFactory: (issues) => {
        const found = offences(issues, name ? [name] : []);
        return new Problem(
          'invalid_parameter',
          `Not as expected: ${found.map(({ path, message }) => `${path}: ${message}`).join('; ')}.`,
          found,
        );
      },
    });
  }
}
