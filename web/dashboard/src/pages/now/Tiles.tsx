/** The numbers of the moment. */

import { useRead } from '../../api/queries'
import type { Money } from '../../api/shapes'
import { change, money, number, share } from '../../format'
import { useIsStale, usePeriod } from '../../live/use-live'
import { Stat, type StatProps } from '../../parts/Stat'
import { texts } from '../../texts'
import { useShared } from './context'
import { DAY, HOUR, MINUTE, WEEK, amountIn, iso, mainCurrency, sum } from './counts'
import type { Counts, FunnelRow, Visitors } from './shapes'

const words = texts.now

type Tile = Omit<StatProps, 'isStale'>

export function Tiles() {
  const isStale = useIsStale()
  const tiles = [
    useOnline(),
    ...useThisHour(),
    useRevenueToday(),
    useConversion(),
    ...useBaskets(),
    useVisitorsToday(),
  ]
  return (
    <div className="grid">
      {tiles.map((tile) => (
        <div key={tile.title} className="span-3">
          <Stat {...tile} isStale={isStale} />
        </div>
      ))}
    </div>
  )
}

/** Returns how many are here, and the latest visits of so many of them. */
export function usePresence(shown = 1) {
  return useRead<Visitors>(
    '/v1/insights/visitors',
    { page_size: shown },
    { on: ['feed'], everyMs: 3_000 },
  )
}

function useOnline(): Tile {
  const { data, dataUpdatedAt } = usePresence()
  const { explain } = useShared()
  const present = data?.presence
  return {
    title: words.online.title,
    definition: words.online.definition,
    value: present && number(present.active),
    beside: present && words.online.beside(number(present.idle), number(present.gone)),
    at: dataUpdatedAt,
    onOpen: () => explain({ kind: 'visits' }),
  }
}

function useThisHour(): Tile[] {
  const { numbers, explain } = useShared()
  const hour = usePeriod(HOUR)
  const minute = usePeriod(MINUTE)
  const isKnown = numbers.today !== undefined
  const now = together(numbers.hours.get(hour), sum(numbers.minutes, hour, hour + HOUR))
  const before = sum(numbers.minutesBefore, hour - WEEK, minute + MINUTE - WEEK)
  const minutes = (minute - hour) / MINUTE + 1
  const currency = mainCurrency(now.revenue.length ? now : numbers.today)
  const [sold, soldBefore] = [amountIn(now, currency), amountIn(before, currency)]
  const open = (title: string, metric: string) => () =>
    explain({ kind: 'events', title, metric, bucket: 'hour', at: hour })
  return [
    {
      title: words.ordersHour.title,
      definition: words.ordersHour.definition,
      value: isKnown ? number(now.orders) : undefined,
      ...beside(now.orders, before.orders, words.aMinute((now.orders / minutes).toFixed(1))),
      at: numbers.at,
      onOpen: open(words.ordersHour.title, 'orders'),
    },
    {
      title: words.salesHour.title,
      definition: words.salesHour.definition,
      value: isKnown ? moneys(now.revenue, currency) : undefined,
      ...beside(
        sold,
        soldBefore,
        words.aMinute(money({ amount: Math.round(sold / minutes), currency }, true)),
      ),
      at: numbers.at,
      onOpen: open(words.salesHour.title, 'revenue_minor'),
    },
  ]
}

function useRevenueToday(): Tile {
  const { numbers, explain } = useShared()
  const [day, hour, minute] = [usePeriod(DAY), usePeriod(HOUR), usePeriod(MINUTE)]
  const { today } = numbers
  const currency = mainCurrency(today)
  const before =
    amountIn(sum(numbers.hoursBefore, day - WEEK, hour - WEEK), currency) +
    amountIn(sum(numbers.minutesBefore, hour - WEEK, minute + MINUTE - WEEK), currency)
  return {
    title: words.revenueToday.title,
    definition: words.revenueToday.definition,
    value: today && moneys(today.revenue, currency),
    ...beside(amountIn(today, currency), before),
    at: numbers.at,
    onOpen: () =>
      explain({
        kind: 'events',
        title: words.revenueToday.title,
        metric: 'revenue_minor',
        bucket: 'day',
        at: day,
      }),
  }
}

function useConversion(): Tile {
  const { explain } = useShared()
  const day = usePeriod(DAY)
  const { data, dataUpdatedAt } = useFunnel(day)
  const row = data?.items[0]
  const title = words.conversion.title
  return {
    title,
    definition: words.conversion.definition,
    value: data && share(row?.visits ? row.order / row.visits : null),
    beside: row && words.conversion.beside(number(row.order), number(row.visits)),
    at: dataUpdatedAt,
    onOpen: () => explain({ kind: 'events', title, metric: 'orders', bucket: 'day', at: day }),
  }
}

export function useFunnel(day: number) {
  return useRead<{ items: readonly FunnelRow[] }>(
    '/v1/insights/funnel',
    { from: iso(day), to: iso(day + DAY) },
    { on: ['feed'], everyMs: 4_000 },
  )
}

function useBaskets(): Tile[] {
  const { numbers, explain } = useShared()
  const day = usePeriod(DAY)
  const { abandonment } = numbers
  const open = (title: string, metric: string) => () =>
    explain({ kind: 'events', title, metric, bucket: 'day', at: day })
  return [
    {
      title: words.abandonment.title,
      definition: words.abandonment.definition,
      value: abandonment && share(abandonment.rate),
      beside:
        abandonment &&
        words.abandonment.beside(number(abandonment.abandoned), number(abandonment.begun)),
      at: numbers.abandonmentAt,
      onOpen: open(words.abandonment.title, 'baskets_started'),
    },
    {
      title: words.intoBaskets.title,
      definition: words.intoBaskets.definition,
      value: numbers.today && number(numbers.today.items_added),
      at: numbers.at,
      onOpen: open(words.intoBaskets.title, 'items_added'),
    },
  ]
}

function useVisitorsToday(): Tile {
  const { numbers, explain } = useShared()
  const [day, hour] = [usePeriod(DAY), usePeriod(HOUR)]
  const thisHour = numbers.hours.get(hour)?.visitors
  const title = words.visitorsToday.title
  return {
    title,
    definition: words.visitorsToday.definition,
    value: numbers.today && number(numbers.today.visitors),
    beside: words.visitorsToday.beside(number(thisHour ?? 0)),
    at: numbers.at,
    onOpen: () => explain({ kind: 'events', title, metric: 'visitors', bucket: 'day', at: day }),
  }
}

/** The hour as a bucket and as its minutes: whichever of the two heard more. */
function together(hour: Counts | undefined, minutes: Counts): Counts {
  return hour && hour.orders >= minutes.orders ? hour : minutes
}

function beside(value: number, before: number, also = ''): Pick<StatProps, 'beside' | 'tone'> {
  const compared = change(value, before)
  const text = compared ? words.onLastWeek(compared) : words.nothingLastWeek
  const tone = !compared || value === before ? undefined : value > before ? 'good' : 'bad'
  return { beside: also ? `${also} · ${text}` : text, tone }
}

/** Writes the money of all currencies; nothing as nothing of the usual one. */
function moneys(all: readonly Money[], usual: string): string {
  const shown = all.filter(({ amount }) => amount)
  return shown.length
    ? shown.map((one) => money(one)).join(' · ')
    : money({ amount: 0, currency: usual })
}
