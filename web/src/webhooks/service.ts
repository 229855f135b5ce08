import type { Problem, WebhookDelivery, WebhookEndpoint } from '@outcome/client';
import { useEffect, useState } from 'react';
import { session } from '../outcome';

const EVERY_MS = 2000;
const AT = '/api/webhook-endpoints';

interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** Endpoints are managed by operators, whose page this is: the client is for those who follow operations. */
async function ask(method: string, path: string, body?: object, signal?: AbortSignal): Promise<unknown> {
  const response = await session.fetch(AT + path, {
    method,
    ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const answer: unknown = response.status === 204 ? undefined : await response.json();
  if (!response.ok) throw new Error((answer as Problem).detail);
  return answer;
}

type WithSecret = WebhookEndpoint & { secret: string };

export const listEndpoints = (_: string, signal: AbortSignal) =>
  ask('GET', '?limit=50', undefined, signal) as Promise<Page<WebhookEndpoint>>;
export const getEndpoint = (id: string, signal: AbortSignal) =>
  ask('GET', `/${id}`, undefined, signal) as Promise<WebhookEndpoint>;
export const listDeliveries = (id: string, signal: AbortSignal) =>
  ask('GET', `/${id}/deliveries`, undefined, signal) as Promise<Page<WebhookDelivery>>;
export const createEndpoint = (url: string) => ask('POST', '', { url }) as Promise<WithSecret>;
export const rotateSecret = (id: string) => ask('POST', `/${id}/rotate-secret`) as Promise<WithSecret>;
export const setEnabled = (id: string, enabled: boolean) => ask('PATCH', `/${id}`, { enabled });
export const deleteEndpoint = (id: string) => ask('DELETE', `/${id}`);
export const sendTest = (id: string) => ask('POST', `/${id}/test`);
export const resend = (id: string, deliveryId: string) => ask('POST', `/${id}/deliveries/${deliveryId}/resend`);

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

type Read<Answer> = (id: string, signal: AbortSignal) => Promise<Answer>;

/** What `read` answers, asked every two seconds while the page is visible, and when `again` is called. */
export function useRead<Answer>(read: Read<Answer>, id = '') {
  const [state, setState] = useState<{ found?: Answer; error?: string }>({});
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      clearTimeout(timer);
      if (document.visibilityState === 'visible')
        await read(id, AbortSignal.any([leaving.signal, AbortSignal.timeout(EVERY_MS * 2)])).then(
          (found) => setState({ found }),
          (error: unknown) => {
            if (!leaving.signal.aborted) setState((before) => ({ ...before, error: messageOf(error) }));
          },
        );
      if (!leaving.signal.aborted) timer = setTimeout(() => void look(), EVERY_MS);
    };
    const lookIfVisible = () => void look();
    document.addEventListener('visibilitychange', lookIfVisible);
    void look();
    return () => {
      leaving.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', lookIfVisible);
    };
  }, [read, id, asked]);
  return { ...state, again: () => setAsked((before) => before + 1) };
}
