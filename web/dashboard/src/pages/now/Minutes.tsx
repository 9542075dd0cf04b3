/** The last hour minute by minute, beside the same hour a week ago. */

import { useMemo } from 'react'

import { decimal, major, minuteTime, money } from '../../format'
import { useIsStale, usePeriod } from '../../live/use-live'
import { Chart } from '../../parts/Chart'
import { Panel } from '../../parts/Panel'
import type { Sheet } from '../../parts/exports'
import { texts } from '../../texts'
import { useShared } from './context'
import { MINUTE, WEEK, amountIn, iso, mainCurrency } from './counts'
import type { Counts } from './shapes'

const SHOWN = 60
const words = texts.now

export function SalesByMinute() {
  const { numbers } = useShared()
  const currency = mainCurrency(numbers.today)
  return (
    <ByMinute
      title={words.salesMinute.title}
      definition={words.salesMinute.definition}
      metric="revenue_minor"
      kind="area"
      of={(counts) => major({ amount: amountIn(counts, currency), currency })}
      format={(value) => money({ amount: value * scale(currency), currency }, true)}
    />
  )
}

export function OrdersByMinute() {
  return (
    <ByMinute
      title={words.ordersMinute.title}
      definition={words.ordersMinute.definition}
      metric="orders"
      kind="bars"
      of={(counts) => counts?.orders ?? 0}
      format={(value) => decimal(value, 1)}
    />
  )
}

interface ByMinuteProps {
  title: string
  definition: string
  metric: string
  kind: 'area' | 'bars'
  of: (counts: Counts | undefined) => number
  format: (value: number) => string
}

function ByMinute({ title, definition, metric, kind, of, format }: ByMinuteProps) {
  const { numbers, explain } = useShared()
  const isStale = useIsStale()
  const minute = usePeriod(MINUTE)
  const x = useMemo(
    () =>
      Array.from({ length: SHOWN }, (_, index) => (minute - (SHOWN - 1 - index) * MINUTE) / 1_000),
    [minute],
  )
  const now = x.map((at) => of(numbers.minutes.get(at * 1_000)))
  const before = x.map((at) => of(numbers.minutesBefore.get(at * 1_000 - WEEK)))
  const drawn = `${now.join()} ${before.join()}`
  const series = useMemo(
    () => [
      { label: words.thisWeek, values: now, kind },
      { label: words.lastWeek, values: before, colour: 'chart-soft' as const, isDashed: true },
    ],
    // The values are made anew with each paint; a chart is drawn anew only where one differs.
    [drawn, kind],
  )
  const sheet = (): Sheet => ({
    columns: [texts.parts.when, words.thisWeek, words.lastWeek],
    rows: x.map((at, index) => [iso(at * 1_000), now[index], before[index]]),
  })
  const pick = (index: number): void => {
    const at = (x[index] ?? 0) * 1_000
    explain({ kind: 'events', title: `${title}, ${minuteTime(at)}`, metric, bucket: 'minute', at })
  }
  return (
    <Panel title={title} definition={definition} at={numbers.at} isStale={isStale} sheet={sheet}>
      <Chart label={title} x={x} series={series} format={format} onPick={pick} height={210} />
    </Panel>
  )
}

function scale(currency: string): number {
  return 1 / major({ amount: 1, currency })
}
