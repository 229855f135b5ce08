const STREAM = 'text/event-stream';

/**
 * True if an Accept header (RFC 9110, section 12.5.1) asks for a stream: by name, and with no lower weight than JSON.
 */
export function asksForStream(accept = ''): boolean {
  const qualities = new Map(accept.toLowerCase().split(',').map(rangeOf));
  const stream = qualities.get(STREAM) ?? 0;
  return stream > 0 && stream >= (qualities.get('application/json') ?? qualities.get('application/*') ?? 0);
}

function rangeOf(text: string): [type: string, quality: number] {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  const quality = parameters
    .map((parameter) => /^q\s*=\s*(\d(?:\.\d{0,3})?)$/.exec(parameter)?.[1])
    .find((q) => q !== undefined);
  return [type, quality === undefined ? 1 : Number(quality)];
}
