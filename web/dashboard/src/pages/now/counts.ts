/** The shop's numbers by bucket: what was asked for, and what the stream told since. */

import { useMemo } from 'react'

import { useRead } from '../../api/queries'
import type { Money } from '../../api/shapes'
import type { KpiRow } from '../../live/topics'
import { useLive, usePeriod } from '../../live/use-live'
import type { Counts, KpiBucket, Kpis } from './shapes'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const WEEK = 7 * DAY

const COUNTED = ['visitors', 'product_views', 'items_added', 'orders', 'units'] as const

/** Numbers by the beginning of their bucket, in milliseconds since 1970. */
export type Buckets = ReadonlyMap<number, Counts>

export interface Numbers {
  minutes: Buckets
  minutesBefore: Buckets
  hours: Buckets
  hoursBefore: Buckets
  today: Counts | undefined
  abandonment: Kpis['basket_abandonment'] | undefined
  /** When the stream last told of a change, or the first answer came. */
  at: number
  abandonmentAt: number
}

/** Returns today's numbers, live, and those of a week ago. */
export function useNumbers(): Numbers {
  const hour = usePeriod(HOUR)
  const day = usePeriod(DAY)
  const live = useLive('kpis')
  const minutes = useKpis('minute', hour - HOUR, hour + HOUR)
  const hours = useKpis('hour', day, day + DAY)
  const today = useRead<Kpis>(
    '/v1/insights/kpis',
    { bucket: 'day', from: iso(day), to: iso(day + DAY) },
    { on: ['kpis'], everyMs: 5_000 },
  )
  const minutesBefore = useKpis('minute', hour - HOUR - WEEK, hour + HOUR - WEEK)
  const hoursBefore = useKpis('hour', day - WEEK, day + DAY - WEEK)
  const items = live.items
  const counts = useMemo(
    () => ({
      minutes: merged(minutes.data, items, 'minute'),
      hours: merged(hours.data, items, 'hour'),
      today: merged(today.data, items, 'day').get(day) ?? (today.data && NOTHING),
    }),
    [minutes.data, hours.data, today.data, items, day],
  )
  const before = useMemo(
    () => ({
      minutesBefore: merged(minutesBefore.data, [], 'minute'),
      hoursBefore: merged(hoursBefore.data, [], 'hour'),
    }),
    [minutesBefore.data, hoursBefore.data],
  )
  return {
    ...counts,
    ...before,
    abandonment: today.data?.basket_abandonment,
    at: Math.max(live.changedAt, today.dataUpdatedAt),
    abandonmentAt: today.dataUpdatedAt,
  }
}

/** Returns the sum of the buckets from one moment to before another. */
export function sum(buckets: Buckets, start: number, end: number): Counts {
  let whole = NOTHING
  for (const [at, counts] of buckets)
    if (at >= start && at < end) whole = together(whole, counts, plus)
  return whole
}

/** Returns money in the currency in which there is most of it, and so the only one in a chart. */
export function mainCurrency(counts: Counts | undefined): string {
  const most = [...(counts?.revenue ?? [])].sort((a, b) => b.amount - a.amount)[0]
  return most?.currency ?? 'EUR'
}

export function amountIn(counts: Counts | undefined, currency: string): number {
  return counts?.revenue.find((money) => money.currency === currency)?.amount ?? 0
}

export function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

function useKpis(bucket: 'minute' | 'hour', from: number, to: number) {
  const query = { bucket, from: iso(from), to: iso(to) }
  return useRead<Kpis>('/v1/insights/kpis', query, { on: ['kpis'], everyMs: MINUTE })
}

export const NOTHING: Counts = {
  visitors: 0,
  product_views: 0,
  items_added: 0,
  orders: 0,
  units: 0,
  revenue: [],
}

/**
 * Joins an answer with rows of the stream. Either may be the newer one, but within a bucket the
 * numbers only grow: so the larger of two is the newer.
 */
function merged(
  asked: Kpis | undefined,
  rows: readonly KpiRow[],
  bucket: KpiRow['bucket'],
): Buckets {
  const told = new Map<number, Counts>()
  for (const row of rows) {
    if (row.bucket !== bucket) continue
    const at = Date.parse(row.bucket_start)
    told.set(at, together(told.get(at) ?? NOTHING, ofRow(row), plus))
  }
  const all = new Map<number, Counts>(
    asked?.items.map((item: KpiBucket) => [Date.parse(item.start), item]),
  )
  for (const [at, counts] of told) all.set(at, together(all.get(at) ?? NOTHING, counts, Math.max))
  return all
}

function ofRow(row: KpiRow): Counts {
  const revenue = row.currency ? [{ amount: row.revenue_minor, currency: row.currency }] : []
  return { ...row, revenue }
}

function plus(left: number, right: number): number {
  return left + right
}

function together(left: Counts, right: Counts, join: (a: number, b: number) => number): Counts {
  const currencies = new Set([...left.revenue, ...right.revenue].map((money) => money.currency))
  const revenue: Money[] = [...currencies].map((currency) => ({
    currency,
    amount: join(amountIn(left, currency), amountIn(right, currency)),
  }))
  const counts = Object.fromEntries(COUNTED.map((name) => [name, join(left[name], right[name])]))
  return { ...(counts as unknown as Omit<Counts, 'revenue'>), revenue }
}
