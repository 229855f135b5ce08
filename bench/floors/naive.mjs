// The least that such a service must do, without a framework and without a queue: one INSERT commit to accept, one
// UPDATE commit at the end, and the ending in the answer. It retries, republishes and looks up nothing.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { listen } from './listen.mjs';
import { openPool } from './pool.mjs';

const SCHEMA = `CREATE TABLE operation (
  id uuid PRIMARY KEY, kind text NOT NULL, input jsonb NOT NULL, status text NOT NULL, result jsonb,
  created_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz)`;
const ACCEPT = {
  name: 'accept',
  text: `INSERT INTO operation (id, kind, input, status) VALUES ($1, $2, $3, 'pending')`,
};
const SETTLE = {
  name: 'settle',
  text: `UPDATE operation SET status = 'success', result = $2, finished_at = now() WHERE id = $1`,
};

const pool = await openPool(SCHEMA);

/** @param {string} body */
async function run(body) {
  const { kind, input } = JSON.parse(body);
  const id = randomUUID();
  await pool.query({ ...ACCEPT, values: [id, kind, JSON.stringify(input)] });
  const result = { reference: randomUUID(), amount: input.amount, currency: input.currency };
  await pool.query({ ...SETTLE, values: [id, JSON.stringify(result)] });
  return JSON.stringify({ id, kind, status: 'success', done: true, result });
}

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    run(body).then(
      (answer) =>
        response
          .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(answer) })
          .end(answer),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
});
listen(server);
