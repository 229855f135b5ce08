import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const SERVICE = 'http://127.0.0.1:3000';

export default defineConfig({
  plugins: [react()],
  // The page's policy forbids inlined data.
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  // `npx vite web` beside a running service, for working on the page.
  server: {
    host: '127.0.0.1',
    proxy: { '/api': SERVICE, '/docs': SERVICE, '/socket.io': { target: SERVICE, ws: true } },
  },
});
