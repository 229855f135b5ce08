import { createHash } from 'node:crypto';
import { CURRENCIES } from '../providers/currencies.js';
import type { SandboxCharge } from '../providers/sandbox/sandbox-ledger.js';

const STYLE = `
:root { color-scheme: light dark; --ink: #16202c; --quiet: #5a6675; --paper: #f3f5f8; --card: #fff; --line: #d8dee6;
  --go: #0b6b4f; --on-go: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8edf3; --quiet: #9aa7b6; --paper: #10161d; --card: #18212b; --line: #2c3947;
    --go: #3ecf9f; --on-go: #06231a; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 26rem; padding: 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 1rem; }
h1 { margin: 0 0 .25rem; font-size: 1.25rem; }
p { margin: 0 0 1rem; color: var(--quiet); }
.amount { margin: 1.5rem 0; font-size: 2rem; font-weight: 650; color: var(--ink); font-variant-numeric: tabular-nums; }
code { overflow-wrap: anywhere; }
.buttons { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
button, a { display: block; width: 100%; padding: .75rem 1rem; font: inherit; font-weight: 600; text-align: center;
  text-decoration: none; border-radius: .6rem; border: 1px solid var(--line); background: transparent;
  color: var(--ink); cursor: pointer; }
.go { background: var(--go); border-color: var(--go); color: var(--on-go); }
:focus-visible { outline: 3px solid var(--go); outline-offset: 2px; }
small { display: block; margin-top: 1.5rem; color: var(--quiet); }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/**
 * The policy on forms also covers the redirect back to the shop. A host name may contain a semicolon, which would end
 * the policy.
 */
export function headersOf(returnUrl: string | null | undefined): Record<string, string> {
  const origin = returnUrl ? new URL(returnUrl).origin : '';
  const back = /^https?:\/\/[\w.:[\]-]+$/.test(origin) ? ` ${origin}` : '';
  const policy =
    `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; img-src data:; form-action 'self'${back}; base-uri ` +
    `'none'; frame-ancestors 'none'`;
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy,
    'Cache-Control': 'no-store',
    // The service recognizes its own form by Origin, which `no-referrer` would remove.
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  };
}

const page = (title: string, body: string) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>${title}</title><style>${STYLE}</style></head>
<body><main>
<h1>${title}</h1>
${body}
<small>This is the sandbox of Outcome playing a bank. No money moves.</small>
</main></body>
</html>`;

const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

function money(amount: number, currency: string): string {
  const digits = CURRENCIES.get(currency)?.digits ?? 2;
  const format = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return format.format(amount / 10 ** digits);
}

const ENDED = {
  charged: 'You have approved this payment.',
  declined: 'You have refused this payment. Nothing was taken.',
  canceled: 'The shop has canceled this payment. Nothing was taken.',
} as const;

export function sandboxPage({ outcome, amount, currency, paymentMethod, token, returnUrl }: SandboxCharge): string {
  if (outcome === 'waiting') {
    // Relative to this page's address, so that it works behind a path prefix.
    const form = (answer: string, label: string, look: string) =>
      `<form method="post" action="${token}/${answer}"><button class="${look}">${label}</button></form>`;
    return page(
      'Approve this payment?',
      `<p>The shop asks for</p>
<p class="amount">${money(amount, currency)}</p>
<p>with <code>${escaped(paymentMethod)}</code>. Only approve what you have ordered.</p>
<div class="buttons">${form('refuse', 'Refuse', 'stay')}${form('approve', 'Approve', 'go')}</div>`,
    );
  }
  const back = returnUrl
    ? `<a class="go" href="${escaped(new URL(returnUrl).href)}">Back to the shop</a>`
    : '<p>You may close this page.</p>';
  return page(
    'Nothing left to do',
    `<p>${outcome in ENDED ? ENDED[outcome as keyof typeof ENDED] : 'This payment does not wait for you.'}</p>${back}`,
  );
}

export const notFoundPage = () =>
  page('No such payment', '<p>This address belongs to no payment. Go back to the shop and begin again.</p>');
