/** What somebody did, from the log, the latest first. */

import { useMemo } from 'react'
import { Link } from 'wouter'

import { useProductNames } from '../../api/product-names'
import { usePages } from '../../api/queries'
import { useFilter } from '../../filters'
import { clockTime, dayInWords, duration, money, number } from '../../format'
import { Select } from '../../parts/Form'
import { Panel } from '../../parts/Panel'
import { Empty, Paged } from '../../parts/States'
import { partOf } from '../../paths'
import { texts } from '../../texts'
import { usePerson } from './context'
import type { TimelineItem } from './shapes'

const words = texts.shoppers.timeline
const KINDS = ['all', 'orders', 'baskets', 'looks', 'account'] as const
type Kind = (typeof KINDS)[number]

export function Timeline() {
  const { asked } = usePerson()
  const path = `/v1/insights/people/${encodeURIComponent(asked)}/events`
  const pages = usePages<TimelineItem>(path, { page_size: 50 }, { on: ['feed'], everyMs: 2_500 })
  const [kind, setKind] = useFilter<Kind>('what', 'all', KINDS)
  const sheet = () => ({
    columns: ['position', 'occurred_at', 'topic', 'product_id', 'quantity', 'page', 'search', 'order_id', 'total_minor', 'currency', 'rating', 'milliseconds'],
    rows: (pages.items ?? []).map((item) => [
      item.position,
      item.occurred_at,
      item.topic,
      goodsOf(item).join(' '),
      item.quantity,
      item.page,
      item.search,
      item.order_id,
      item.total_minor,
      item.currency,
      item.rating,
      item.milliseconds,
    ]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={pages.at}
      isStale={Boolean(pages.error)}
      sheet={sheet}
      actions={<Select label={words.what} value={kind} onChange={setKind} choices={KINDS.map((value) => ({ value, label: words.kinds[value] }))} />}
    >
      <Paged pages={pages} empty={words.none}>
        {(items) => <Days items={items.filter((item) => kind === 'all' || kindOf(item) === kind)} />}
      </Paged>
    </Panel>
  )
}

function Days({ items }: { items: readonly TimelineItem[] }) {
  const days = useMemo(() => byDay(items), [items])
  if (days.length === 0) return <Empty text={words.noneOfKind} />
  return (
    <div className="stack">
      {days.map(([day, ofDay]) => (
        <section key={ofDay[0]?.position} aria-label={day}>
          <h3 className="day">{day}</h3>
          <ol className="timeline">
            {ofDay.map((item) => (
              <Line key={item.position} item={item} />
            ))}
          </ol>
        </section>
      ))}
    </div>
  )
}

function byDay(items: readonly TimelineItem[]): [string, TimelineItem[]][] {
  const days: [string, TimelineItem[]][] = []
  for (const item of items) {
    const day = dayInWords(item.occurred_at)
    const last = days.at(-1)
    if (last?.[0] === day) last[1].push(item)
    else days.push([day, [item]])
  }
  return days
}

function Line({ item }: { item: TimelineItem }) {
  const title = texts.now.feed.topics[item.topic] ?? item.topic.replace('.', ' ').replaceAll('_', ' ')
  return (
    <li data-kind={kindOf(item)}>
      <time dateTime={item.occurred_at} title={words.position(number(item.position))}>
        {clockTime(item.occurred_at)}
      </time>
      <strong>{item.name || title}</strong>
      <span className="what">
        <Goods item={item} />
        <Details item={item} />
      </span>
      <span className="amount">{amountOf(item)}</span>
    </li>
  )
}

function Goods({ item }: { item: TimelineItem }) {
  const names = useProductNames()
  const goods = goodsOf(item)
  if (goods.length === 0) return null
  return (
    <>
      {item.quantity ? `${number(item.quantity)} × ` : ''}
      {goods.slice(0, 3).map((id, index) => (
        <span key={`${id} ${index}`}>
          {index > 0 && ', '}
          <Link href={`~/products/${partOf(id)}`}>{names.get(id) ?? id}</Link>
        </span>
      ))}
      {goods.length > 3 && ` ${texts.now.feed.andMore(goods.length - 3)}`}{' '}
    </>
  )
}

function Details({ item }: { item: TimelineItem }) {
  const parts = [
    item.search && words.searched(item.search),
    item.page,
    item.milliseconds && duration(item.milliseconds / 1_000),
    item.percent && words.percent(item.percent),
    item.rating && words.stars(item.rating),
    item.placement && words.placement(item.placement, item.rank ?? 0),
  ].filter(Boolean)
  return parts.length ? <span className="soft">{parts.join(' · ')}</span> : null
}

function goodsOf(item: TimelineItem): string[] {
  return item.product_id ? [item.product_id] : (item.lines ?? []).map((line) => line.product_id)
}

function amountOf({ total_minor: total, refund_minor: refund, currency = '', price }: TimelineItem): string {
  if (total) return money({ amount: total, currency })
  if (refund) return money({ amount: -refund, currency })
  return price ? money(price) : ''
}

function kindOf({ topic }: TimelineItem): Kind {
  if (/^order|^visit\..*purchase/.test(topic)) return 'orders'
  if (/^basket|carted/.test(topic)) return 'baskets'
  return topic.startsWith('visit') ? 'looks' : 'account'
}
