/** Pages come and go: by loading, by the history of a single-page app, out of the browser's cache. */

import { tellDeclaredOnPage } from './declared'
import { flush } from './delivery'
import { tellDwell } from './dwell'
import { hasMoved, turnPage } from './page'
import { viewProduct } from './products'
import { isLeft, setLeft } from './queue'
import { recommendOnPage } from './recommend'
import { restartScroll, tellScroll } from './scroll'
import { searchOfPage } from './search'
import { track, trackPage } from './track'

/** Tell the page that is there now, with all that its markup says. */
export const enter = (): void => {
  trackPage()
  restartScroll()
  searchOfPage()
  viewProduct()
  tellDeclaredOnPage()
  recommendOnPage()
}

export const leave = (): void => {
  tellDwell()
  tellScroll()
}

const moved = (): void => {
  if (!hasMoved()) return
  leave()
  turnPage()
  enter()
}

export const watchPages = (): void => {
  for (const method of ['pushState', 'replaceState'] as const) {
    const original = history[method]
    history[method] = function (...given) {
      original.apply(this, given)
      setTimeout(moved) // the app sets the title and the markup after it
    }
  }
  addEventListener('popstate', () => setTimeout(moved))
  addEventListener('pageshow', event => {
    if (!event.persisted) return
    setLeft(false)
    turnPage()
    enter()
  })
  document.addEventListener('visibilitychange', () => {
    if (isLeft || document.visibilityState !== 'hidden') return // pages left are hidden after pagehide
    leave()
    flush()
  })
  addEventListener('pagehide', () => {
    leave()
    track('Page Left')
    flush()
    setLeft(true)
  })
}
