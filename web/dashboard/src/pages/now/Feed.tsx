/** What people do, one line for each action, the latest first. */

import { useMemo, useState } from 'react'

import { useProductNames } from '../../api/product-names'
import { useFilter } from '../../filters'
import { clockTime, money, number } from '../../format'
import type { FeedItem } from '../../live/topics'
import { useIsStale, useLive } from '../../live/use-live'
import { Select } from '../../parts/Form'
import { Panel } from '../../parts/Panel'
import { Empty } from '../../parts/States'
import { texts } from '../../texts'

const MOST = 60
const words = texts.now.feed

type Kind = 'orders' | 'baskets' | 'looks' | 'people' | 'shop'
type Filter = 'actions' | Kind | 'all'
const FILTERS: readonly Filter[] = [
  'actions',
  'orders',
  'baskets',
  'looks',
  'people',
  'shop',
  'all',
]

export function Feed() {
  const { items, changedAt } = useLive('feed')
  const isStale = useIsStale()
  const [filter, setFilter] = useFilter<Filter>('feed', 'actions', FILTERS)
  const [held, setHeld] = useState<readonly FeedItem[] | null>(null)
  const shown = useMemo(() => {
    const wanted = (held ?? items).filter((item) => passes(kindOf(item), filter))
    return wanted.slice(-MOST).reverse()
  }, [held, items, filter])
  const names = useProductNames(useMemo(() => shown.flatMap(goodsOf), [shown]))
  const sheet = () => ({
    columns: ['position', 'occurred_at', 'topic', 'actor', 'product_id', 'quantity'],
    rows: shown.map((item) => [
      item.position,
      item.occurred_at,
      item.topic,
      item.actor,
      goodsOf(item).join(' '),
      item.quantity,
    ]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={changedAt}
      isStale={isStale}
      sheet={sheet}
      actions={
        <>
          <Select
            label={words.filter}
            value={filter}
            onChange={setFilter}
            choices={FILTERS.map((value) => ({ value, label: words.kinds[value] }))}
          />
          <button
            type="button"
            className="button slim"
            aria-pressed={held !== null}
            onClick={() => setHeld(held ? null : items)}
          >
            {held ? words.goOn : words.hold}
          </button>
        </>
      }
    >
      {shown.length === 0 ? (
        <Empty text={words.empty} />
      ) : (
        <ol className="feed" aria-label={words.title} tabIndex={0}>
          {shown.map((item) => (
            <Line key={item.position} item={item} names={names} />
          ))}
        </ol>
      )}
    </Panel>
  )
}

function Line({ item, names }: { item: FeedItem; names: ReadonlyMap<string, string> }) {
  const goods = goodsOf(item).map((id) => names.get(id) ?? id)
  return (
    <li data-kind={kindOf(item)} data-position={item.position}>
      <time dateTime={item.occurred_at}>{clockTime(item.occurred_at)}</time>
      <strong>
        {words.topics[item.topic] ?? item.topic.replace('.', ' ').replaceAll('_', ' ')}
      </strong>
      <span className="cut" title={goods.join(', ')}>
        {item.quantity ? `${number(item.quantity)} × ` : ''}
        {goods.slice(0, 2).join(', ')}
        {goods.length > 2 && ` ${words.andMore(goods.length - 2)}`}
      </span>
      <span className="amount">{amountOf(item)}</span>
      <span className="actor soft cut">{whoOf(item)}</span>
    </li>
  )
}

/** Returns who did it: what a machine records for a visitor, the visitor did. */
function whoOf({ actor, stream }: FeedItem): string {
  if (/^(visitor|shopper|user):/.test(actor)) return actor.replace(':', ' ')
  return /^(visit|basket|shopper)-/.test(stream)
    ? stream.replace(/^basket-/, '').replace(/[-:]/, ' ')
    : actor.replace(':', ' ')
}

function goodsOf(item: FeedItem): string[] {
  return item.product_id ? [item.product_id] : (item.lines ?? []).map((line) => line.product_id)
}

function amountOf(item: FeedItem): string {
  const { currency = '', total_minor: total = 0, refund_minor: refund = 0 } = item
  if (total && currency) return money({ amount: total, currency })
  if (refund && currency) return money({ amount: -refund, currency })
  return item.price ? money(item.price) : ''
}

function passes(kind: Kind, filter: Filter): boolean {
  return filter === 'all' || filter === kind || (filter === 'actions' && kind !== 'shop')
}

/** Tells what people do from what follows of itself in the shop. */
function kindOf({ topic }: FeedItem): Kind {
  if (/^order|^visit.*purchase/.test(topic)) return 'orders'
  if (/^basket|carted/.test(topic)) return 'baskets'
  if (/^visit/.test(topic)) return 'looks'
  return /^(shopper|review)/.test(topic) ? 'people' : 'shop'
}
