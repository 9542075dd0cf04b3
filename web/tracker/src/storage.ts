/** Storage that a browser may refuse, be out of, or have cleared: then it holds nothing. So under a signal. */

import { signals } from './signals'

export interface Shelf {
  get(key: string): string | null
  set(key: string, value: string): void
  remove(key: string): void
  keys(): string[]
}

const attempt = <T>(what: () => T, otherwise: T): T => {
  try {
    return what()
  } catch {
    return otherwise
  }
}

const shelf = (open: () => Storage): Shelf => ({
  get: key => attempt(() => open().getItem(key), null),
  set: (key, value) => signals.length ? undefined : attempt(() => open().setItem(key, value), undefined),
  remove: key => attempt(() => open().removeItem(key), undefined),
  keys: () => attempt(() => Object.keys(open()), []),
})

export const shared = shelf(() => localStorage)
export const ofThisTab = shelf(() => sessionStorage)
