/** What all panels of the page share: the numbers, and the way to the events behind one. */

import { type ReactNode, createContext, useContext } from 'react'

import { type Numbers, useNumbers } from './counts'

/** A number that somebody wants to see the events of; or the visits of those who are here. */
export type Asked =
  | { kind: 'visits' }
  | {
      kind: 'events'
      title: string
      metric: string
      bucket: 'minute' | 'hour' | 'day'
      at: number
      /** Of this product alone. */
      product?: string
    }

interface Shared {
  numbers: Numbers
  explain: (asked: Asked) => void
}

const Context = createContext<Shared | null>(null)

export function NumbersProvider({
  explain,
  children,
}: {
  explain: Shared['explain']
  children: ReactNode
}) {
  const numbers = useNumbers()
  return <Context value={{ numbers, explain }}>{children}</Context>
}

export function useShared(): Shared {
  const shared = useContext(Context)
  if (!shared) throw new Error('this panel belongs on the page Now')
  return shared
}
