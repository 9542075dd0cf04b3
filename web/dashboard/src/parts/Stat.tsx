/** A number that matters: its age, its meaning, what it is compared with, and the way behind it. */

import { useEffect, useId, useRef, useState } from 'react'

import { texts } from '../texts'
import { Age } from './Age'
import { Definition } from './Definition'

export interface StatProps {
  title: string
  /** Undefined while it is not known. */
  value: string | undefined
  definition: string
  /** What it is compared with, in a few words. */
  beside?: string
  tone?: 'good' | 'bad' | undefined
  at: number
  isStale?: boolean
  /** Shows the events behind the number. */
  onOpen?: () => void
}

export function Stat(props: StatProps) {
  const { title, value, definition, beside, tone, at, isStale = false, onOpen } = props
  const id = useId()
  const isFresh = useIsFresh(value)
  const shown = value ?? '\u2007'
  return (
    <article
      className="stat card"
      aria-labelledby={id}
      data-fresh={isFresh}
      aria-busy={value === undefined}
    >
      <h2 id={id}>
        {title}
        <Definition of={title} text={definition} />
      </h2>
      {onOpen && value !== undefined ? (
        <button type="button" className="value" onClick={onOpen} title={texts.parts.showEvents}>
          {shown}
        </button>
      ) : (
        <p className="value">{shown}</p>
      )}
      <p className="foot">
        <span className={`beside ${tone ?? ''}`}>{beside}</span>
        <Age at={at} isStale={isStale} />
      </p>
    </article>
  )
}

/** Returns true for a moment after the value changed; the first value is no change. */
function useIsFresh(value: string | undefined): boolean {
  const before = useRef(value)
  const [isFresh, setFresh] = useState(false)
  useEffect(() => {
    const isChange = before.current !== undefined && before.current !== value
    before.current = value
    if (!isChange) return undefined
    setFresh(true)
    const timer = setTimeout(() => setFresh(false), 1_100)
    return () => clearTimeout(timer)
  }, [value])
  return isFresh
}
