import type { WebhookEndpoint } from '@outcome/client';
import { strings } from '../strings';

export function EndpointBadge({ endpoint }: { endpoint: WebhookEndpoint }) {
  const { disabledReason, failingSince } = endpoint;
  const state = disabledReason ?? (failingSince ? 'retrying' : 'enabled');
  const colour = {
    enabled: 'success',
    retrying: 'reconciling',
    by_request: 'canceled',
    gone: 'failed',
    failing: 'failed',
  };
  return <span className={`badge status-${colour[state]}`}>{strings.webhooks.states[state]}</span>;
}
