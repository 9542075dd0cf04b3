/** The person that all panels of a page are about. */

import { type ReactNode, createContext, useContext } from 'react'

import { useRead } from '../../api/queries'
import type { Person } from './shapes'

function usePersonRead(asked: string) {
  return useRead<Person>(
    `/v1/insights/people/${encodeURIComponent(asked)}`,
    {},
    { on: ['feed'], everyMs: 3_000 },
  )
}

export type PersonResult = ReturnType<typeof usePersonRead>

interface Shared {
  asked: string
  result: PersonResult
}

const Context = createContext<Shared | null>(null)

export function PersonProvider({ asked, children }: { asked: string; children: ReactNode }) {
  const result = usePersonRead(asked)
  return <Context value={{ asked, result }}>{children}</Context>
}

export function usePerson(): Shared {
  const shared = useContext(Context)
  if (!shared) throw new Error('this panel belongs on the page of a person')
  return shared
}
