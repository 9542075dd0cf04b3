/** What stands around every page: the ways to the others, who is here, whether it is live. */

import { Suspense, useEffect } from 'react'
import { Link, Redirect, Route, Switch, useLocation } from 'wouter'

import { type Session, signOut } from '../api/session'
import { useConnection, useIsStale } from '../live/use-live'
import { PAGES, type PageEntry, maySee } from '../pages'
import { Icon } from '../parts/Icon'
import { Loading } from '../parts/States'
import { texts } from '../texts'
import { Boundary } from './Boundary'
import { turnTheme, useChosenTheme } from './theme'

export function Shell({ session }: { session: Session }) {
  const mine = PAGES.filter((page) => maySee(page, session.roles))
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {texts.app.skip}
      </a>
      <div className="side">
        <a className="brand" href="/">
          <img src="/icon.svg" alt="" />
          {texts.app.name}
        </a>
        <Navigation pages={mine} />
        <div className="side-end">
          <Connection />
          <p className="who small soft cut" title={session.roles.join(', ')}>
            {session.username} ·{' '}
            {session.roles.includes('admin') ? 'admin' : session.roles.join(', ')}
          </p>
          <div className="row">
            <ThemeButton />
            <button
              type="button"
              className="icon-button"
              title={texts.app.signOut}
              aria-label={texts.app.signOut}
              onClick={() => void signOut()}
            >
              <Icon name="leave" />
            </button>
          </div>
        </div>
      </div>
      <main className="main" id="main" tabIndex={-1}>
        <AwayBanner />
        <Pages session={session} mine={mine} />
      </main>
    </div>
  )
}

function Navigation({ pages }: { pages: readonly PageEntry[] }) {
  const [location] = useLocation()
  return (
    <nav className="nav" aria-label={texts.app.pages}>
      <ul>
        {pages.map((page) => (
          <li key={page.path}>
            <Link href={page.path} aria-current={isWithin(location, page) ? 'page' : undefined}>
              <Icon name={page.icon} />
              {page.title}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function Pages({ session, mine }: { session: Session; mine: readonly PageEntry[] }) {
  const [first] = mine
  return (
    <Switch>
      {PAGES.map((page) => (
        <Route key={page.path} path={page.path} nest={page.path !== '/'}>
          {mine.includes(page) ? (
            <Shown page={page} />
          ) : page.path === '/' && first ? (
            <Redirect to={first.path} replace />
          ) : (
            <Refused page={page} session={session} />
          )}
        </Route>
      ))}
      <Route>
        <Plain title={texts.app.nothingHere} text={texts.app.nothingHereText} />
      </Route>
    </Switch>
  )
}

function Shown({ page }: { page: PageEntry }) {
  const Content = page.content
  useEffect(() => {
    document.title = `${page.title} · ${texts.app.name}`
  }, [page])
  return (
    <Boundary key={page.path}>
      <Suspense fallback={<Loading lines={8} />}>
        <Content />
      </Suspense>
    </Boundary>
  )
}

function Refused({ page, session }: { page: PageEntry; session: Session }) {
  const roles = page.roles.join(texts.app.or)
  return (
    <Plain
      title={texts.app.notForYou(page.title)}
      text={texts.app.notForYouText(session.username, roles)}
    />
  )
}

function Plain({ title, text }: { title: string; text: string }) {
  useEffect(() => {
    document.title = `${title} · ${texts.app.name}`
  }, [title])
  return (
    <div className="state">
      <h1>{title}</h1>
      <p>{text}</p>
      <a href="/">{texts.app.back}</a>
    </div>
  )
}

function Connection() {
  const status = useConnection()
  return (
    <span className="connection" data-status={status} role="status">
      {texts.app.connection[status]}
    </span>
  )
}

function AwayBanner() {
  return useIsStale() ? (
    <p className="banner" role="alert">
      {texts.app.away}
    </p>
  ) : null
}

function ThemeButton() {
  const theme = useChosenTheme()
  const icon = ({ auto: 'auto', light: 'sun', dark: 'moon' } as const)[theme]
  const label = texts.app.theme[theme]
  return (
    <button
      type="button"
      className="icon-button"
      title={label}
      aria-label={label}
      onClick={turnTheme}
    >
      <Icon name={icon} />
    </button>
  )
}

function isWithin(location: string, page: PageEntry): boolean {
  return page.path === '/' ? location === '/' : `${location}/`.startsWith(`${page.path}/`)
}
