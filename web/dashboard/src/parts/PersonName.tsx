/** Somebody, as far as the reader may know who it is. */

import { texts } from '../texts'

const LONGEST = 14
const TAIL = 8

export interface PersonNameProps {
  /** shopper:ID or visitor:ID */
  person: string
  name?: string | undefined
}

export function PersonName({ person, name }: PersonNameProps) {
  const kind = person.startsWith('shopper:') ? 'shopper' : 'visitor'
  const id = person.slice(person.indexOf(':') + 1)
  return (
    <span className="person" title={person}>
      {name ? <strong>{name}</strong> : <span>{texts.parts.personKinds[kind]}</span>}{' '}
      <code className="soft">{shortId(id)}</code>
    </span>
  )
}

/** Ids begin with their time, so that their ends tell them apart. */
export function shortId(id: string): string {
  return id.length > LONGEST ? `…${id.slice(-TAIL)}` : id
}

export function personTitle(person: string, name?: string): string {
  const kind = person.startsWith('shopper:') ? 'shopper' : 'visitor'
  return (
    name || `${texts.parts.personKinds[kind]} ${shortId(person.slice(person.indexOf(':') + 1))}`
  )
}
