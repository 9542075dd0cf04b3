/** The page that is looked at, as it was when its view began: a single-page app changes it under us. */

export interface Page {
  url: string
  path: string
  search: string
  title: string
  referrer: string
}

/** The address without its fragment, but for fragments that name a page. */
const address = (): string => (/^#!?\//.test(location.hash) ? location.href : location.href.split('#')[0]!)

const seen = (referrer: string): Page => ({
  url: address(),
  path: location.pathname,
  search: location.search,
  title: document.title,
  referrer,
})

export let page = seen(document.referrer)

export const hasMoved = (): boolean => address() !== page.url

export const turnPage = (): void => {
  page = seen(hasMoved() ? page.url : page.referrer)
}
