/** The whole dashboard: who is signed in decides whether there is a door or a page. */

import { QueryClientProvider } from '@tanstack/react-query'
import { useEffect } from 'react'

import { queries } from '../api/queries'
import { useSession } from '../api/session'
import { follow, unfollow } from '../live/store'
import { Toasts } from '../parts/Toast'
import { Shell } from './Shell'
import { SignIn } from './SignIn'

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Inside />
      <Toasts />
    </QueryClientProvider>
  )
}

function Inside() {
  const session = useSession()
  const isIn = Boolean(session)
  useEffect(() => {
    if (!isIn) return undefined
    follow()
    return unfollow
  }, [isIn])
  if (session === undefined) return null
  return session ? <Shell session={session} /> : <SignIn />
}
