/** Footfall's tracker: tells what visitors do, as far as they and their browsers allow. */

import { api, begin } from './api'
import { watchAttention } from './attention'
import { watchClicks } from './clicks'
import { CONSENT, mayTell, purposes } from './consent'
import { schedule, tell } from './delivery'
import { watchDwell } from './dwell'
import { watchHeartbeat } from './heartbeat'
import { message } from './message'
import { turnPage } from './page'
import { drop, watchTabs } from './queue'
import { watchScroll } from './scroll'
import { watchSearch } from './search'
import { writeKey } from './settings'
import { signals } from './signals'
import { forgetKept } from './visitor'
import { enter, watchPages } from './visits'

type Call = [keyof typeof api, ...unknown[]]

/** Whether this is the first page of the shop that its visitor came to, as far as a page can know by itself. */
const isArrival = (): boolean => {
  const [how] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  return how?.type === 'navigate' && !document.referrer.startsWith(`${location.origin}/`)
}

/** Obey a signal: keep nothing, tell nothing but that it is there, once for each arrival at the shop. */
const obey = (): void => {
  drop()
  forgetKept()
  if (!isArrival()) return
  tell(message('track', { event: 'Consent Changed', properties: { purposes: purposes(), signals } }))
}

/** Another tab was told what the visitor allows. */
const heard = (event: StorageEvent): void => {
  if (event.key !== CONSENT) return
  if (!mayTell()) drop()
  else if (!JSON.parse(event.oldValue ?? '{}').analytics) begin()
}

const start = (): void => {
  turnPage() // its title is there now
  if (signals.length) obey()
  watchTabs(() => schedule(0))
  watchAttention()
  watchDwell()
  watchScroll()
  watchClicks()
  watchSearch()
  watchHeartbeat()
  watchPages()
  addEventListener('storage', heard)
  enter()
  const early = shop.footfall
  const run = ([name, ...given]: Call): void => (api[name] as (...given: unknown[]) => void)(...given)
  shop.footfall = { ...api, push: run }
  if (Array.isArray(early)) early.forEach(run)
}

const shop = window as unknown as { footfall?: Call[] | (typeof api & { push(call: Call): void }) }

const once = { once: true }
const whenShown = (): void =>
  (document as { prerendering?: boolean }).prerendering
    ? document.addEventListener('prerenderingchange', start, once)
    : start()

if (writeKey && (!shop.footfall || Array.isArray(shop.footfall))) {
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', whenShown, once)
  else whenShown()
}
