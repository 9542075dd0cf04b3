/** What the visitor agreed to. A signal of the browser goes over any answer. */

import { isConsentRequired } from './settings'
import { signals } from './signals'
import { shared } from './storage'

export interface Purposes {
  analytics: boolean
  personalisation: boolean
  marketing: boolean
}

export const CONSENT = 'footfall_consent'

export const purposes = (): Purposes => {
  const by = !isConsentRequired && !signals.length
  const otherwise = { analytics: by, personalisation: by, marketing: by }
  if (signals.length) return otherwise
  try {
    return { ...otherwise, ...JSON.parse(shared.get(CONSENT) ?? '{}') }
  } catch {
    return otherwise
  }
}

export const keepPurposes = (given: Purposes): void => shared.set(CONSENT, JSON.stringify(given))

/** Whether behaviour may be told, and an id kept. */
export const mayTell = (): boolean => purposes().analytics
