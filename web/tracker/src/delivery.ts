/** Tells Footfall what is waiting: in batches, again after failures, at the last moment too. */

import { keep, remove, waiting } from './queue'
import type { Message } from './message'
import { endpoint, writeKey } from './settings'
import { ofThisTab } from './storage'

const BATCH = 10
const BATCH_MS = 4_000
const SHORTEST_MS = 1_000
const LONGEST_MS = 30 * 60_000
const DAY_MS = 24 * 3_600_000 // timers cannot wait for months
const BEACON_BYTES = 60_000
const MESSAGE_BYTES = 32_000
const ANSWER_MS = 30_000
const NOT_BEFORE = 'footfall_not_before'

const address = `${endpoint}/v1/batch`

/** What went out and has no answer yet, or never will: beacons have none. */
const underWay = new Set<string>()
let isSending = false
let failures = 0
let notBefore = +(ofThisTab.get(NOT_BEFORE) ?? 0)
let isCutOff = false
let timer: ReturnType<typeof setTimeout> | undefined
let due = Infinity

export const tell = (message: Message): void => {
  if (bytesOf(message) > MESSAGE_BYTES) return // the intake would refuse it
  waiting.push(message)
  keep()
  schedule(waiting.length < BATCH ? BATCH_MS : 0)
}

/** Send within `milliseconds`, or as soon as failures allow. */
export const schedule = (milliseconds: number): void => {
  const at = Math.max(Date.now() + milliseconds, notBefore)
  if (isSending || at >= due) return
  clearTimeout(timer)
  due = at
  timer = setTimeout(() => {
    due = Infinity
    void send()
  }, at - Date.now())
}

const send = async (): Promise<void> => {
  const batch = chunks(waiting.slice(0, BATCH))[0]
  if (isSending || !batch) return
  isSending = true
  batch.forEach(message => underWay.add(message.messageId))
  const answer = await post(batch)
  batch.forEach(message => underWay.delete(message.messageId))
  isSending = false
  const status = answer?.status ?? 0
  isCutOff = !status
  if (!status || status === 408 || status === 429 || status > 499) {
    notBefore = Date.now() + patience(answer)
    if (!isCutOff) ofThisTab.set(NOT_BEFORE, `${notBefore}`) // the next page is as patient
  } else {
    failures = 0
    remove(batch)
  }
  if (waiting.length) schedule(waiting.length < BATCH && !failures ? BATCH_MS : 0)
}

const post = async (batch: Message[]): Promise<Response | undefined> => {
  try {
    return await fetch(address, {
      method: 'POST',
      body: body(batch),
      headers: { 'Content-Type': 'text/plain' }, // spares the preflight
      credentials: 'omit',
      keepalive: true,
      signal: AbortSignal.timeout?.(ANSWER_MS),
    })
  } catch {
    return undefined
  }
}

const body = (batch: Message[]): string =>
  JSON.stringify({ writeKey, sentAt: new Date().toISOString(), batch })

/** How long to wait after another failure: what the server asks, else twice as long each time. */
const patience = (answer: Response | undefined): number => {
  const asked = answer?.headers.get('Retry-After')
  if (asked) {
    const milliseconds = +asked * 1_000 || Date.parse(asked) - Date.now()
    if (milliseconds > 0) return Math.min(milliseconds, DAY_MS) + Math.random() * 1_000
  }
  return Math.min(LONGEST_MS, SHORTEST_MS * 2 ** failures++ * (1 + Math.random()))
}

const bytesOf = (message: Message): number => new Blob([JSON.stringify(message)]).size

/** Cut messages into lists that a beacon carries. */
const chunks = (messages: Message[]): Message[][] => {
  const found: Message[][] = []
  let room = 0
  for (const message of messages) {
    const bytes = bytesOf(message) + 1
    if (bytes > room || !found.length) {
      found.push([])
      room = BEACON_BYTES - 500
    }
    found[found.length - 1]!.push(message)
    room -= bytes
  }
  return found
}

/**
 * Send what nothing else carries, since this may be the last moment. A beacon has no answer: what
 * it carried stays in the queue until a later batch is acknowledged, and the log records it once.
 */
export const flush = (): void => {
  if (!isCutOff && Date.now() < notBefore) return
  for (const chunk of chunks(waiting.filter(message => !underWay.has(message.messageId)))) {
    if (!navigator.sendBeacon?.(address, body(chunk))) return // text/plain, as a string is
    chunk.forEach(message => underWay.add(message.messageId))
  }
}

addEventListener('online', () => {
  if (!isCutOff) return // whoever asked for patience gets it
  failures = notBefore = 0
  schedule(0)
})
