/** Starts the shop. */

import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { client } from './api/client'
import { tellWhoIsHere } from './api/session'
import { App } from './app'
import { consent, followOtherTabs } from './consent'
import { startTheme } from './theme'
import { loadTracker, tellConsent } from './tracker'
import './styles/tokens.css'
import './styles/base.css'
import './styles/parts.css'
import './styles/pages.css'

startTheme()
followOtherTabs()
if (consent.get().isAnswered) tellConsent(consent.get().purposes)
void loadTracker()
void tellWhoIsHere().catch(() => undefined)

createRoot(document.getElementById('shop')!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
)
