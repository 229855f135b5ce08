/** A place in a JSON value: the value there, its key or index, and the place around it. */
export interface Place {
  readonly value: unknown;
  readonly key: string;
  readonly within: Place | undefined;
  /** How many objects and arrays it is within. */
  readonly depth: number;
}

/** Every place, in the order of the text. It does not recurse: a client chooses how deep the value is. */
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

/** The way to it: the keys from the outside in, joined by dots. */
export function pathOf(place: Place): string {
  const keys: string[] = [];
  for (let at = place; at.within; at = at.within) keys.unshift(at.key);
  return keys.join('.');
}
