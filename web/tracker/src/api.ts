/** What shops call: footfall.track, identify, consent, reset, recommend. */

import { keepPurposes, mayTell, purposes, type Purposes } from './consent'
import { schedule, tell } from './delivery'
import { message, type Properties } from './message'
import { drop } from './queue'
import { recommend } from './recommend'
import { signals } from './signals'
import { track } from './track'
import { forget, signIn, user, visitor } from './visitor'
import { enter, leave } from './visits'

const identify = (userId: string, traits: Properties = {}): void => {
  signIn(`${userId}`)
  if (mayTell()) tell(message('identify', { traits }))
}

/** Note what the visitor allows. That they withdraw is the last thing told under their id. */
const consent = (given: Partial<Purposes>): void => {
  const before = purposes()
  const now = { ...before, ...given }
  if (signals.length || JSON.stringify(now) === JSON.stringify(before)) return
  const anonymousId = visitor()
  const isWithdrawn = before.analytics && !now.analytics
  const isGranted = now.analytics && !before.analytics
  if (isWithdrawn) drop()
  if (isGranted) leave() // the time before does not count
  keepPurposes(now)
  tell(message('track', { event: 'Consent Changed', properties: { purposes: now, signals }, ...(isWithdrawn && { anonymousId }) }))
  if (isWithdrawn) {
    schedule(0)
    forget()
  }
  if (isGranted) begin()
}

/** Tell the page of somebody who has just agreed. */
export const begin = (): void => {
  const known = user()
  if (known) identify(known)
  enter()
}

/** Forget who this was; the time until now was theirs. */
const reset = (): void => {
  leave()
  forget()
}

export const api = { track, identify, consent, reset, recommend }
