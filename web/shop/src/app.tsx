/** The shop around its pages. */

import { useEffect, useLayoutEffect, useRef } from 'react'
import { Route, Router, Switch, useLocation, useSearch } from 'wouter'
import { pages } from './pages'
import { ConsentBanner } from './parts/consent'
import { Footer } from './parts/footer'
import { Header } from './parts/header'
import { ToastPlace } from './parts/toast'
import { texts } from './texts'

export const App = () => (
  <Router base="/shop">
    <a className="skip" href="#content">
      {texts.skip}
    </a>
    <Header />
    <Content />
    <Footer />
    <ConsentBanner />
    <ToastPlace />
  </Router>
)

const Content = () => {
  const main = useRef<HTMLElement>(null)
  useTurnedPages(main)
  return (
    <main id="content" ref={main} tabIndex={-1}>
      <Switch>
        {pages.map(({ path, page: Page }) => (
          <Route key={path} path={path}>
            {params => <Page key={path} params={params as Record<string, string | undefined>} />}
          </Route>
        ))}
      </Switch>
    </main>
  )
}

/** Begin each page at its top, where a reader is told of it; going back, the browser knows better. */
const useTurnedPages = (main: React.RefObject<HTMLElement | null>): void => {
  const [location] = useLocation()
  const words = new URLSearchParams(useSearch()).get('words') // another search is another page, another sort is not
  const page = `${location} ${words ?? ''}`
  const last = useRef(page)
  const isBack = useRef(false)
  useEffect(() => {
    const went = (): void => {
      isBack.current = true
      setTimeout(() => (isBack.current = false))
    }
    addEventListener('popstate', went, true) // before the router hears of it
    return () => removeEventListener('popstate', went, true)
  }, [])
  useLayoutEffect(() => {
    if (last.current === page) return
    last.current = page
    if (!isBack.current) scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [page, main])
}
