/** Who somebody is, as far as the reader may know. */

import { useMay } from '../../api/session'
import { NOTHING, dateTime, number } from '../../format'
import { Panel } from '../../parts/Panel'
import { texts } from '../../texts'
import { usePerson } from './context'

const words = texts.shoppers.facts

export function Facts() {
  const { result } = usePerson()
  const mayName = useMay('admin')
  const person = result.data
  if (!person) return null
  const { account, known, place } = person
  const consent = Object.entries(known?.consent ?? {})
  const facts: [string, React.ReactNode][] = [
    [
      words.id,
      <code key="id" className="whole">
        {person.person}
      </code>,
    ],
    ...(account
      ? ([
          [words.name, account.name],
          [words.email, account.email],
          [words.username, account.username],
        ] as [string, string][])
      : []),
    ...(known
      ? ([
          [words.registered, dateTime(known.registered_at)],
          [words.source, known.source],
          [words.country, known.country || NOTHING],
          [
            words.consent,
            consent.map(([purpose, isGiven]) => words.purpose(purpose, isGiven)).join(', ') ||
              NOTHING,
          ],
        ] as [string, string][])
      : []),
    [words.firstSeen, place ? dateTime(place.first_seen_at) : NOTHING],
    [words.lastSeen, place ? dateTime(place.last_seen_at) : NOTHING],
    [
      words.looks,
      place ? words.looksOf(number(place.product_views), number(place.basket_adds)) : NOTHING,
    ],
    [
      words.browsers,
      person.visitors.length ? (
        <span key="browsers">
          {person.visitors.slice(0, 5).map((visitor) => (
            <code key={visitor} className="whole block">
              {visitor}
            </code>
          ))}
          {person.visitors.length > 5 && words.more(person.visitors.length - 5)}
        </span>
      ) : (
        NOTHING
      ),
    ],
  ]
  return (
    <Panel
      title={words.title}
      definition={mayName ? words.definition : words.definitionIds}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
    >
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  )
}
