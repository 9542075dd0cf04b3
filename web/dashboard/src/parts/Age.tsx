/** How old what is shown is. */

import { dateTime, since } from '../format'
import { useNow } from '../live/use-live'
import { texts } from '../texts'

export interface AgeProps {
  /** When it was read or last changed, in milliseconds since 1970; 0 for not yet. */
  at: number
  isStale?: boolean
}

export function Age({ at, isStale = false }: AgeProps) {
  const now = useNow()
  if (!at) return <span className="age">{texts.parts.noAge}</span>
  return (
    <time
      className="age"
      data-stale={isStale}
      dateTime={new Date(at).toISOString()}
      title={dateTime(at)}
    >
      {isStale ? texts.parts.staleAge(since(now - at)) : since(now - at)}
    </time>
  )
}
