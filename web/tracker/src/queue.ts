/** What is to be told and not yet acknowledged; outlives its tab, and is then taken over by another. */

import { mayTell } from './consent'
import type { Message } from './message'
import { randomId } from './random'
import { shared } from './storage'

const PREFIX = 'footfall_queue_'
const LIMIT = 500
const ALIVE_MS = 5_000
const DEAD_MS = 30_000

const own = PREFIX + randomId()

export let waiting: Message[] = []

/** Whether the page was left: whoever comes next may tell what still waits, at once. */
export let isLeft = false

export const setLeft = (is: boolean): void => {
  isLeft = is
  keep()
}

/** Keep the queue; the oldest go when it is full. */
export const keep = (): void => {
  waiting.splice(0, waiting.length - LIMIT)
  if (waiting.length && mayTell()) shared.set(own, JSON.stringify({ beat: isLeft ? 0 : Date.now(), waiting }))
  else shared.remove(own)
}

export const remove = (told: Message[]): void => {
  waiting = waiting.filter(message => !told.includes(message))
  keep()
}

/** Forget everything, that of other tabs too. */
export const drop = (): void => {
  waiting = []
  queues().forEach(shared.remove)
}

/** Take over what dead tabs left. Two tabs may take the same: the log records it once. */
const takeOver = (): boolean => {
  let taken = 0
  for (const key of queues()) {
    try {
      const left = JSON.parse(shared.get(key)!)
      if (key === own || Date.now() - left.beat < DEAD_MS) continue
      taken = waiting.unshift(...left.waiting)
    } catch {
      // not ours, or half written: of no use to anybody
    }
    shared.remove(key)
  }
  if (taken) keep()
  return taken > 0
}

const queues = (): string[] => shared.keys().filter(key => key.startsWith(PREFIX))

/** Say that this tab is alive, look for dead ones, and call `found` where one left something. */
export const watchTabs = (found: () => void): void => {
  const watch = (): void => {
    if (!mayTell()) return
    if (waiting.length) keep()
    if (takeOver()) found()
  }
  watch()
  setInterval(watch, ALIVE_MS)
}
