/** Who is signed in here. */

import { useQuery } from '@tanstack/react-query'

import { call, get, post } from './client'
import { SESSION, queries } from './queries'
import type { Role } from './shapes'

export interface Session {
  username: string
  roles: readonly Role[]
}

interface SignedIn {
  roles: string[]
  shopper_id: string
}

/** Returns the session; undefined until it is known, null for nobody. */
export function useSession(): Session | null | undefined {
  const { data, isError } = useQuery({
    queryKey: SESSION,
    queryFn: async ({ signal }): Promise<Session | null> => {
      const query = { whose: 'staff' }
      const found = await get<Session>('/v1/sessions/current', { query, signal })
      return found.username ? found : null
    },
    refetchInterval: 60_000,
  })
  return isError && data === undefined ? null : data
}

/** Returns whether the signed-in has the role, as an admin has all of them. */
export function useMay(role: Role): boolean {
  return useSession()?.roles.some((mine) => mine === role || mine === 'admin') ?? false
}

/** Signs a member of the staff in; false for a shopper, who has no business here. */
export async function signIn(username: string, password: string): Promise<boolean> {
  const answer = await post<SignedIn>('/v1/sessions', { username, password })
  await queries.invalidateQueries({ queryKey: SESSION })
  return answer.shopper_id === ''
}

export async function signOut(): Promise<void> {
  // First the pages go: what they ask for is refused as soon as the session has ended.
  await queries.cancelQueries()
  queries.setQueryData(SESSION, null)
  try {
    await call('DELETE', '/v1/sessions/current', { query: { whose: 'staff' } })
  } finally {
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION[0] })
    await queries.invalidateQueries({ queryKey: SESSION })
  }
}
