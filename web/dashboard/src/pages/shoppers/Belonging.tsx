/** Segment, cluster and value, with the numbers that they rest on. */

import { NOTHING, dayOf, decimal, money, number, share } from '../../format'
import { Panel } from '../../parts/Panel'
import { Empty } from '../../parts/States'
import { texts } from '../../texts'
import { usePerson } from './context'
import { segmentTitle, useSegments } from './reads'
import type { Place } from './shapes'

const words = texts.shoppers.belonging
const FIFTHS = 5

export function Belonging() {
  const { result } = usePerson()
  const place = result.data?.place
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
    >
      {place ? <Shown place={place} /> : <Empty text={words.none} />}
    </Panel>
  )
}

function Shown({ place }: { place: Place }) {
  const { data } = useSegments()
  const segment = data?.segments.find((one) => one.name === place.segment)
  const cluster = data?.clusters.find((one) => one.name === place.cluster)
  const numbers: [string, string][] = [
    [words.orders, words.ordersOf(number(place.orders), number(place.undone_orders))],
    [words.revenue, money(place.revenue)],
    [words.firstOrder, place.first_order_at ? dayOf(place.first_order_at) : NOTHING],
    [words.lastOrder, place.last_order_at ? dayOf(place.last_order_at) : NOTHING],
    [words.value, money(place.value)],
    [words.alive, share(place.chance_alive)],
    [words.expected, decimal(place.expected_orders, 1)],
  ]
  return (
    <div className="stack">
      <p>
        <strong>{segmentTitle(place.segment)}</strong>
        {segment && <span className="soft"> {segment.meaning}.</span>}
      </p>
      {segment?.action && <p className="small">{segment.action}.</p>}
      {place.orders > 0 && (
        <ul className="scores">
          <Fifth title={words.recency} score={place.recency_score} />
          <Fifth title={words.frequency} score={place.frequency_score} />
          <Fifth title={words.monetary} score={place.monetary_score} />
        </ul>
      )}
      {place.cluster && (
        <p>
          <strong>{segmentTitle(place.cluster)}</strong>
          {cluster && <span className="soft"> {cluster.meaning}</span>}
        </p>
      )}
      {place.orders > 0 && (
        <dl className="facts">
          {numbers.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <p className="small soft">{words.position(number(place.position))}</p>
    </div>
  )
}

function Fifth({ title, score }: { title: string; score: number }) {
  return (
    <li>
      <span className="small soft">{title}</span>
      <span className="fifths" role="img" aria-label={words.fifth(title, score)}>
        {Array.from({ length: FIFTHS }, (_, index) => (
          <i key={index} data-on={index < score} />
        ))}
      </span>
      <strong>{score}</strong>
    </li>
  )
}
