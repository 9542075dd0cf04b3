/** Sales and views of a product day by day. */

import { useMemo } from 'react'

import { decimal, major, number, utcDay } from '../../format'
import { Chart, type Series } from '../../parts/Chart'
import { Panel } from '../../parts/Panel'
import { Empty } from '../../parts/States'
import { texts } from '../../texts'
import { useProduct } from './context'
import type { Day, Insight } from './shapes'
import { DAY } from './spans'

const words = texts.products.byDay

export function SalesByDay() {
  return (
    <ByDay
      title={words.sales.title}
      definition={words.sales.definition}
      lines={[{ label: words.units, kind: 'bars', of: (day) => day?.units ?? 0 }]}
    />
  )
}

export function ViewsByDay() {
  return (
    <ByDay
      title={words.views.title}
      definition={words.views.definition}
      lines={[
        { label: words.viewed, kind: 'area', of: (day) => day?.views ?? 0 },
        { label: words.added, kind: 'line', colour: 'chart-2', of: (day) => day?.basket_adds ?? 0 },
      ]}
    />
  )
}

interface LineOf extends Pick<Series, 'label' | 'kind' | 'colour'> {
  of: (day: Day | undefined) => number
}

function ByDay({ title, definition, lines }: { title: string; definition: string; lines: readonly LineOf[] }) {
  const { result } = useProduct()
  const insight = result.data
  const sheet = () => ({
    columns: ['day', 'units', 'revenue', 'currency', 'orders', 'views', 'basket_adds'],
    rows: (insight?.days ?? []).map((day) => [day.day, day.units, major(day.revenue), day.revenue.currency, day.orders, day.views, day.basket_adds]),
  })
  return (
    <Panel title={title} definition={definition} at={result.dataUpdatedAt} isStale={Boolean(result.error)} sheet={sheet}>
      {insight && insight.days.length > 0 ? <Drawn label={title} insight={insight} lines={lines} /> : <Empty text={words.none} />}
    </Panel>
  )
}

function Drawn({ label, insight, lines }: { label: string; insight: Insight; lines: readonly LineOf[] }) {
  const days = useMemo(() => allDays(insight), [insight])
  const x = useMemo(() => days.map(({ at }) => at / 1_000), [days])
  const series: readonly Series[] = lines.map(({ of, ...look }) => ({ ...look, values: days.map(({ day }) => of(day)) }))
  return <Chart label={label} x={x} series={series} format={short} formatX={(at) => utcDay(at * 1_000)} height={200} />
}

function short(value: number): string {
  return Number.isInteger(value) ? number(value) : decimal(value, 1)
}

/** Returns each day of the span on which the product was there, also those without anything. */
export function allDays({ from, to, days, now }: Insight): { at: number; day: Day | undefined }[] {
  const byDay = new Map(days.map((day) => [Date.parse(day.day), day]))
  const added = Math.floor(Date.parse(now.added_at) / DAY) * DAY
  const first = Math.min(added, ...byDay.keys())
  const all: { at: number; day: Day | undefined }[] = []
  for (let at = Math.max(first, Date.parse(from)); at < Date.parse(to); at += DAY) all.push({ at, day: byDay.get(at) })
  return all
}
