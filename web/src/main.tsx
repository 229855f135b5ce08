import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { session } from './outcome';
import './styles/base.css';

const root = document.getElementById('root');
if (!root) throw new Error('Expected an element with the id "root" in index.html, found none.');

void session.begin();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
