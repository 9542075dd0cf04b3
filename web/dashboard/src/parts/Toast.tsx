/** Short words on what was done, which go by themselves. */

import { useSyncExternalStore } from 'react'

import { Problem } from '../api/client'
import { texts } from '../texts'
import { Icon } from './Icon'

interface Said {
  id: number
  text: string
  isBad: boolean
}

const STAYS_MS = 6_000

let said: readonly Said[] = []
let lastId = 0
const listeners = new Set<() => void>()

/** Says something in the corner of the page. */
export function toast(text: string, isBad = false): void {
  lastId += 1
  const one = { id: lastId, text, isBad }
  change([...said.slice(-3), one])
  setTimeout(() => drop(one.id), isBad ? 2 * STAYS_MS : STAYS_MS)
}

/** Does something and says how it went; `done` makes words of what came of it. */
export async function doing<T>(work: Promise<T>, done: (result: T) => string): Promise<void> {
  try {
    toast(done(await work))
  } catch (error) {
    toast(error instanceof Problem ? error.message : texts.parts.somethingFailed, true)
  }
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => said)
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((one) => (
        <div key={one.id} className="toast" data-tone={one.isBad ? 'bad' : 'good'}>
          <span>{one.text}</span>
          <button
            type="button"
            className="icon-button"
            aria-label={texts.parts.close}
            onClick={() => drop(one.id)}
          >
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
    </div>
  )
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function drop(id: number): void {
  change(said.filter((one) => one.id !== id))
}

function change(now: readonly Said[]): void {
  said = now
  for (const listener of listeners) listener()
}
