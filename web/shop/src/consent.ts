/** What the visitor allows: asked once, kept in the browser, obeyed by the tracker, followed by the account. */

import { kept, keep } from './kept'
import { store } from './store'
import { tellConsent } from './tracker'

export const PURPOSES = ['analytics', 'personalisation', 'marketing'] as const

export type Purpose = (typeof PURPOSES)[number]
export type Purposes = Record<Purpose, boolean>

export interface Consent {
  isAnswered: boolean
  purposes: Purposes
}

const KEPT = 'consent'
export const NOTHING: Purposes = { analytics: false, personalisation: false, marketing: false }
export const EVERYTHING: Purposes = { analytics: true, personalisation: true, marketing: true }

/** The browser itself asks not to be followed: that goes over any answer, and nobody is asked. */
export const isSignalled =
  navigator.doNotTrack === '1' || !!(navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl

const remembered = (): Consent => {
  if (isSignalled) return { isAnswered: true, purposes: NOTHING }
  try {
    const given = JSON.parse(kept(KEPT) ?? '') as Partial<Purposes>
    return { isAnswered: true, purposes: { ...NOTHING, ...given } }
  } catch {
    return { isAnswered: false, purposes: NOTHING }
  }
}

export const consent = store<Consent>(remembered())

export const answerConsent = (purposes: Purposes): void => {
  if (isSignalled) return
  keep(KEPT, JSON.stringify(purposes))
  consent.set({ isAnswered: true, purposes })
  tellConsent(purposes)
}

/** Follow the answer that was given in another tab; there the tracker has heard it. */
export const followOtherTabs = (): void =>
  addEventListener('storage', event => {
    if (event.key === `shop_${KEPT}`) consent.set(remembered())
  })
