/** Live topics for components. */

import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'

import { type Status, connection, disconnectedSince, onTopics, topic } from './store'
import type { TopicItems, TopicName } from './topics'

const STALE_MS = 10_000

export interface Live<T> {
  /** The oldest first. */
  items: readonly T[]
  changedAt: number
}

/** Returns what is known of a topic, anew whenever it changes: at most eight times a second. */
export function useLive<N extends TopicName>(name: N): Live<TopicItems[N]> {
  const subscribe = useCallback((listener: () => void) => onTopics([name], listener), [name])
  useSyncExternalStore(subscribe, () => topic(name).version)
  return topic(name)
}

export function useConnection(): Status {
  return useSyncExternalStore(onStatus, connection)
}

function onStatus(listener: () => void): () => void {
  return onTopics(['status'], listener)
}

/** Returns whether the stream has been away for so long that live numbers are doubtful. */
export function useIsStale(): boolean {
  const status = useConnection()
  const now = useNow()
  return status === 'reconnecting' && now - disconnectedSince() > STALE_MS
}

const clocks = new Set<() => void>()
let ticking = 0
let ticked = Date.now()

/** Returns the time in milliseconds since 1970, anew each second; one clock for the page. */
export function useNow(): number {
  return useSyncExternalStore(subscribeToClock, () => ticked)
}

function subscribeToClock(listener: () => void): () => void {
  clocks.add(listener)
  ticking ||= window.setInterval(() => {
    ticked = Date.now()
    for (const wake of clocks) wake()
  }, 1_000)
  return () => {
    clocks.delete(listener)
    if (clocks.size) return
    clearInterval(ticking)
    ticking = 0
  }
}

/** Returns the beginning of the present minute, hour or day (UTC), anew when it is over. */
export function usePeriod(milliseconds: number): number {
  const begin = (): number => Math.floor(Date.now() / milliseconds) * milliseconds
  const [start, setStart] = useState(begin)
  useEffect(() => {
    const timer = window.setTimeout(
      () => setStart(begin()),
      Math.min(start + milliseconds - Date.now() + 20, 2 ** 31 - 1),
    )
    return () => clearTimeout(timer)
  })
  return start
}
