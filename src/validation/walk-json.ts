/** A place in a JSON value: the value, its key or index, and the enclosing place. */
export interface Place {
  readonly value: unknown;
  readonly key: string;
  readonly within: Place | undefined;
  /** Number of enclosing objects and arrays. */
  readonly depth: number;
}

/** Every place, in document order. Iterative, since a client chooses the depth. */
export function* walkJson(given: unknown): Generator<Place> {
  const ahead: Place[] = [{ value: given, key: '', within: undefined, depth: 0 }];
  for (let place = ahead.pop(); place; place = ahead.pop()) {
    yield place;
    if (typeof place.value !== 'object' || place.value === null) continue;
    const { depth } = place;
    for (const [key, value] of Object.entries(place.value).reverse())
      ahead.push({ value, key, within: place, depth: depth + 1 });
  }
}

/** The path: the keys from the outside in, joined by dots. */
export function pathOf(place: Place): string {
  const keys: string[] = [];
  for (let at = place; at.within; at = at.within) keys.unshift(at.key);
  return keys.join('.');
}
