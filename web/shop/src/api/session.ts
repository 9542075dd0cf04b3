/** Who is signed in. Whoever comes or goes takes basket, orders and suggestions along. */

import { useQuery } from '@tanstack/react-query'
import { consent, answerConsent, NOTHING, PURPOSES } from '../consent'
import { forgetWho, tellWho } from '../tracker'
import { client } from './client'
import { Problem, newKey, read, readOwn, send } from './http'
import type { Account } from './types'

interface Present {
  shopper_id: string
}

const SESSION = ['session']

export const useSession = () =>
  useQuery({
    queryKey: SESSION,
    queryFn: () => read<Present>('/v1/sessions/current?whose=shopper'),
    staleTime: Infinity,
  })

/** The signed-in shopper's id; undefined while nobody knows, empty for nobody. */
export const useShopperId = (): string | undefined => useSession().data?.shopper_id

/** Under it is kept what one person alone sees. */
const OWN = ['own']
export const ACCOUNT = ['own', 'account']

export const useAccount = () => {
  const shopperId = useShopperId()
  return useQuery({
    queryKey: ACCOUNT,
    enabled: !!shopperId,
    queryFn: () => readOwn<Account>('/v1/shoppers/me'),
  })
}

export interface Registration {
  name: string
  email: string
  username: string
  password: string
}

export const register = async (given: Registration): Promise<void> => {
  await send('POST', '/v1/shoppers', { body: given, key: newKey() })
  await signIn(given.username, given.password)
}

export class StaffLogin extends Error {}

export const signIn = async (username: string, password: string): Promise<void> => {
  const signedIn = await send<Present>('POST', '/v1/sessions', { body: { username, password } })
  if (!signedIn.shopper_id) throw new StaffLogin()
  become(signedIn.shopper_id)
  tellWho(signedIn.shopper_id)
  await agreeOnConsent().catch(() => undefined) // being signed in counts more
}

export const signOut = async (): Promise<void> => {
  await send('DELETE', '/v1/sessions/current?whose=shopper').catch((error: unknown) => {
    if (!(error instanceof Problem && error.status === 401)) throw error
  })
  forgetWho()
  become('')
}

export const erase = async (): Promise<void> => {
  await send('DELETE', '/v1/shoppers/me')
  forgetWho()
  become('')
}

/** Forget what was read for somebody else, and read it anew. */
const become = (shopperId: string): void => {
  client.setQueryData(SESSION, { shopper_id: shopperId })
  // What is reset is asked for at once, and whoever left may not ask.
  if (shopperId) void client.resetQueries({ queryKey: OWN })
  else client.removeQueries({ queryKey: OWN })
  void client.invalidateQueries({ queryKey: ['recommendations'] })
}

/** An account's own answer counts where it has one; else it takes that of the browser. */
const agreeOnConsent = async (): Promise<void> => {
  const account = await client.fetchQuery({ queryKey: ACCOUNT, queryFn: () => readOwn<Account>('/v1/shoppers/me') })
  if (Object.keys(account.consent).length) {
    answerConsent({ ...NOTHING, ...Object.fromEntries(PURPOSES.map(name => [name, account.consent[name] ?? false])) })
  } else if (consent.get().isAnswered) {
    await keepInAccount(consent.get().purposes)
  }
}

export const keepInAccount = (purposes: Record<string, boolean>): Promise<unknown> =>
  send('PUT', '/v1/shoppers/me/consent', { body: { purposes } })

/** Tell the tracker whom a page that was loaded anew belongs to. */
export const tellWhoIsHere = async (): Promise<void> => {
  const present = await client.fetchQuery({
    queryKey: SESSION,
    queryFn: () => read<Present>('/v1/sessions/current?whose=shopper'),
    staleTime: Infinity,
  })
  let told: string | null = null
  try {
    told = localStorage.getItem('footfall_user')
  } catch {
    // it keeps nothing
  }
  if (present.shopper_id && told !== present.shopper_id) tellWho(present.shopper_id)
  if (!present.shopper_id && told) forgetWho() // the session ended elsewhere
}
