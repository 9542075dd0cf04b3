/** Who this browser is to the shop: one id for all its tabs, and for the shop's own requests. */

import { mayTell, purposes } from './consent'
import { randomId } from './random'
import { shared } from './storage'

const VISITOR = 'footfall_visitor'
const USER = 'footfall_user'
const SECONDS = 400 * 86400 // the longest that browsers keep a cookie

const throwAway = randomId()
let signedIn: string | null = null

const setCookie = (value: string, seconds: number): void => {
  document.cookie = `${VISITOR}=${value};path=/;max-age=${seconds};samesite=lax${location.protocol === 'https:' ? ';secure' : ''}`
}

const cookie = (): string | undefined => document.cookie.match(/(?:^|; )footfall_visitor=([\w.~-]{1,128})(?:;|$)/)?.[1]

/** The id to tell things under: one that ends with the page where nothing may be kept. */
export const visitor = (): string => {
  if (!mayTell()) return throwAway
  const id = cookie() ?? shared.get(VISITOR) ?? randomId()
  if (shared.get(VISITOR) !== id) shared.set(VISITOR, id)
  if (cookie() !== id) setCookie(id, SECONDS)
  return id
}

/** The id to choose recommendations for; empty where they must not be personal. */
export const personalVisitor = (): string => (purposes().personalisation && mayTell() ? visitor() : '')

export const user = (): string | null => signedIn ?? (mayTell() ? shared.get(USER) : null)

export const signIn = (id: string): void => {
  signedIn = id
  if (mayTell()) shared.set(USER, id)
}

/** Forget the ids that this tracker kept; a basket's cookie that the shop set by itself stays. */
export const forgetKept = (): void => {
  if (shared.get(VISITOR)) forget()
}

export const forget = (): void => {
  signedIn = null
  shared.remove(VISITOR)
  shared.remove(USER)
  setCookie('', 0)
}
