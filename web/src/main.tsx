import { OutcomeProvider } from '@outcome/client/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { client } from './outcome';
import './styles/base.css';

const root = document.getElementById('root');
if (!root) throw new Error('Expected an element with the id "root" in index.html, found none.');

createRoot(root).render(
  <StrictMode>
    <OutcomeProvider client={client}>
      <App />
    </OutcomeProvider>
  </StrictMode>,
);
