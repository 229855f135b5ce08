import { DomainError } from '../../errors/domain-error.js';

export class ApiKeyNotFound extends DomainError {
  readonly code = 'api_key_not_found';

  static withId(id: string): ApiKeyNotFound {
    return new ApiKeyNotFound(
      `There is no API key ${id}. The id of a key is its third part: oc_live_<id>_…. List them with ` +
        'GET /api/keys or npm run keys -- list.',
    );
  }
}

export class ApiKeyEnded extends DomainError {
  readonly code = 'api_key_ended';

  static withId(id: string): ApiKeyEnded {
    return new ApiKeyEnded(`The API key ${id} was revoked or has expired. Create a new one in its place.`);
  }
}
