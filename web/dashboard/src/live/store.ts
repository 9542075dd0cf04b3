/**
 * One stream for the whole page, and what it told. Whoever shows a topic is woken at most eight
 * times a second, between two paints, however much happens.
 */

import { address } from '../api/client'
import { Kept } from './kept'
import { KEEPING, TOPICS, type TopicItems, type TopicName } from './topics'

export type Status = 'off' | 'connecting' | 'live' | 'reconnecting'

const PAINT_MS = 125
const AGAIN_MS = [1_000, 2_000, 5_000, 10_000]

type Listener = () => void

const kept = Object.fromEntries(
  TOPICS.map((name) => [name, new Kept<never>(KEEPING[name].key, KEEPING[name].most)]),
) as unknown as { readonly [N in TopicName]: Kept<TopicItems[N]> }
const listeners = new Map<TopicName | 'status', Set<Listener>>()
const changed = new Set<TopicName | 'status'>()

let source: EventSource | null = null
let status: Status = 'off'
let lastId = ''
let lostAt = 0
let failures = 0
let again = 0
let painting = 0
let paintedAt = 0

/** Begins to follow; a second call changes nothing. */
export function follow(): void {
  if (source || again) return
  window.addEventListener('online', reopenAtOnce)
  window.addEventListener('pagehide', hide)
  window.addEventListener('pageshow', show)
  open()
}

/** Follows no more, and forgets everything that was told. */
export function unfollow(): void {
  window.removeEventListener('online', reopenAtOnce)
  window.removeEventListener('pagehide', hide)
  window.removeEventListener('pageshow', show)
  clearTimeout(again)
  source?.close()
  source = null
  again = failures = 0
  lastId = ''
  for (const name of TOPICS) kept[name].clear()
  setStatus('off')
}

export function connection(): Status {
  return status
}

/** Returns since when there is no stream, in milliseconds since 1970; 0 while there is one. */
export function disconnectedSince(): number {
  return lostAt
}

export function topic<N extends TopicName>(name: N): Kept<TopicItems[N]> {
  return kept[name]
}

/** Calls back after any of the topics changed, until the returned function is called. */
export function onTopics(names: readonly (TopicName | 'status')[], listener: Listener): Listener {
  for (const name of names) {
    const heard = listeners.get(name) ?? new Set()
    listeners.set(name, heard.add(listener))
  }
  return () => {
    for (const name of names) listeners.get(name)?.delete(listener)
  }
}

function open(): void {
  setStatus(failures || lostAt ? 'reconnecting' : 'connecting')
  // A browser resumes by itself with Last-Event-ID, but not where it gave the stream up.
  source = new EventSource(address('/v1/live', { topics: TOPICS.join(), after: lastId }))
  source.addEventListener('open', opened)
  source.addEventListener('error', failed)
  source.addEventListener('reset', reset)
  source.addEventListener('snapshot', takeSnapshot)
  source.addEventListener('change', takeChange)
}

function opened(): void {
  failures = lostAt = 0
  setStatus('live')
}

function failed(): void {
  lostAt ||= Date.now()
  setStatus('reconnecting')
  if (source?.readyState !== EventSource.CLOSED) return
  source.close()
  source = null
  const wait = AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)]
  failures += 1
  again = window.setTimeout(() => {
    again = 0
    open()
  }, wait)
}

function reopenAtOnce(): void {
  if (status !== 'reconnecting') return
  clearTimeout(again)
  again = 0
  source?.close()
  open()
}

/** A browser may keep a page that was left; its stream would take one of six connections. */
function hide(): void {
  clearTimeout(again)
  again = 0
  source?.close()
  source = null
}

function show(event: PageTransitionEvent): void {
  if (event.persisted && !source) open()
}

function reset(): void {
  lastId = ''
  for (const name of TOPICS) {
    kept[name].clear()
    changed.add(name)
  }
  paintSoon()
}

function takeSnapshot(event: MessageEvent<string>): void {
  const told = JSON.parse(event.data) as { topic: TopicName; items: never[] }
  note(event)
  for (const item of told.items) kept[told.topic].take(item)
  changed.add(told.topic)
  paintSoon()
}

function takeChange(event: MessageEvent<string>): void {
  const told = JSON.parse(event.data) as { topic: TopicName; item: never }
  note(event)
  kept[told.topic].take(told.item)
  changed.add(told.topic)
  paintSoon()
}

function note(event: MessageEvent<string>): void {
  if (event.lastEventId) lastId = event.lastEventId
}

function setStatus(now: Status): void {
  if (status === now) return
  status = now
  changed.add('status')
  paintSoon()
}

function paintSoon(): void {
  if (painting) return
  const wait = paintedAt + PAINT_MS - performance.now()
  // A hidden tab paints nothing, but must not fall behind either: timers go on, frames do not.
  painting = window.setTimeout(
    () => {
      if (document.hidden) wake()
      else requestAnimationFrame(wake)
    },
    Math.max(0, wait),
  )
}

function wake(): void {
  painting = 0
  paintedAt = performance.now()
  const names = [...changed]
  changed.clear()
  const due = new Set(names.flatMap((name) => [...(listeners.get(name) ?? [])]))
  for (const listener of due) listener()
}
