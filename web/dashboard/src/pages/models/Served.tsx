/** What is served where, and what came of it. */

import { useMemo } from 'react'

import { Panels, type PanelEntry } from '../../app/PageFrame'
import { money, number, share, short } from '../../format'
import { Chart, type Series } from '../../parts/Chart'
import { Select } from '../../parts/Form'
import { type Interval, Intervals } from '../../parts/Intervals'
import { Panel } from '../../parts/Panel'
import { Stat } from '../../parts/Stat'
import { Answered } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { texts } from '../../texts'
import { wilson } from './intervals'
import { ModelName } from './ModelName'
import { SPANS, useChampions, useServed } from './reads'
import { type DayOutcomes, type Outcomes, PLACEMENTS } from './shapes'

const words = texts.models.served
const DAY_SECONDS = 86_400
const FEWEST_DAYS = 7
const COLOURS = ['chart-1', 'chart-2', 'chart-3', 'chart-4', 'chart-soft'] as const

const PANELS: readonly PanelEntry[] = [
  { key: 'tiles', span: 12, content: Tiles },
  { key: 'lists', span: 6, content: ListsByDay },
  { key: 'clicks', span: 6, content: ClicksByDay },
  { key: 'rates', span: 12, content: Rates },
  { key: 'totals', span: 12, content: Totals },
]

export function Served() {
  const { days, setDays, placement, setPlacement } = useServed()
  return (
    <div className="stack part">
      <div className="row" role="group" aria-label={words.filters}>
        <Select
          label={words.span}
          value={days}
          onChange={setDays}
          choices={SPANS.map((value) => ({ value, label: words.days(value) }))}
        />
        <Select
          label={words.placement}
          value={placement}
          onChange={setPlacement}
          choices={[
            { value: '' as const, label: words.everywhere },
            ...PLACEMENTS.map((value) => ({ value, label: texts.models.placements[value] })),
          ]}
        />
      </div>
      <Panels panels={PANELS} />
    </div>
  )
}

function Tiles() {
  const { result } = useServed()
  const totals = result.data?.totals
  const sum = totals && added(totals)
  const stale = { at: result.dataUpdatedAt, isStale: Boolean(result.error) }
  return (
    <div className="model-tiles">
      <Stat title={words.lists} definition={words.listsMeaning} value={sum && number(sum.lists)} beside={sum ? words.ofProducts(number(sum.products)) : ''} {...stale} />
      <Stat title={words.clickRate} definition={words.clickRateMeaning} value={sum && share(sum.lists ? sum.clicked_lists / sum.lists : null)} beside={sum ? words.clickedOf(number(sum.clicked_lists), number(sum.lists)) : ''} {...stale} />
      <Stat title={words.basketAdds} definition={words.basketAddsMeaning} value={sum && number(sum.basket_adds)} beside={sum ? words.viewed(number(sum.views)) : ''} {...stale} />
      <Stat title={words.orders} definition={words.ordersMeaning} value={sum && number(sum.orders)} beside={sum?.revenue.map((each) => money(each, true)).join(' · ') ?? ''} {...stale} />
    </div>
  )
}

function ListsByDay() {
  return (
    <ByDay
      title={words.listsByDay}
      definition={words.listsByDayMeaning}
      of={(day) => day.lists}
      format={short}
    />
  )
}

function ClicksByDay() {
  return (
    <ByDay
      title={words.clicksByDay}
      definition={words.clicksByDayMeaning}
      of={(day) => (day.lists ? day.clicked_lists / day.lists : null)}
      format={share}
    />
  )
}

interface ByDayProps {
  title: string
  definition: string
  of: (sum: Outcomes) => number | null
  format: (value: number) => string
}

/** A line for each model, or for each placement where one model serves all. */
function ByDay({ title, definition, of, format }: ByDayProps) {
  const { result } = useServed()
  const items = result.data?.items
  const { x, series } = useMemo(() => drawn(items ?? [], of), [items, of])
  const sheet = () => ({
    columns: ['day', 'model', 'placement', 'lists', 'clicked_lists', 'click_rate'],
    rows: (items ?? []).map((day) => [day.day, day.model, day.placement, day.lists, day.clicked_lists, day.click_rate]),
  })
  return (
    <Panel title={title} definition={definition} at={result.dataUpdatedAt} isStale={Boolean(result.error)} sheet={sheet}>
      <Answered result={result} isEmpty={(answer) => answer.items.length === 0} empty={words.empty}>
        {() => <Chart label={title} x={x} series={series} format={format} />}
      </Answered>
    </Panel>
  )
}

function drawn(items: readonly DayOutcomes[], of: ByDayProps['of']): { x: number[]; series: Series[] } {
  const seconds = items.map((item) => Date.parse(item.day) / 1_000)
  if (seconds.length === 0) return { x: [], series: [] }
  const last = Math.max(...seconds)
  const first = Math.min(...seconds, last - (FEWEST_DAYS - 1) * DAY_SECONDS)
  const x = Array.from({ length: (last - first) / DAY_SECONDS + 1 }, (_, day) => first + day * DAY_SECONDS)
  const placements = PLACEMENTS.filter((each) => items.some((item) => item.placement === each))
  const series = placements.map((placement, index): Series => ({
    label: texts.models.placements[placement],
    colour: COLOURS[index % COLOURS.length] ?? 'chart-1',
    hasPoints: x.length <= 31,
    values: x.map((at) => {
      const there = items.filter((item) => item.placement === placement && Date.parse(item.day) / 1_000 === at)
      return of(there.length ? added(there) : NO_LISTS)
    }),
  }))
  return { x, series }
}

/** How often lists are clicked, by who ranked them: this is where a challenger proves itself. */
function Rates() {
  const { result } = useServed()
  const champions = useChampions()
  const totals = result.data?.totals
  const rows = useMemo(
    () =>
      (totals ?? [])
        .filter((total) => total.lists > 0)
        .sort((a, b) => PLACEMENTS.indexOf(a.placement) - PLACEMENTS.indexOf(b.placement) || b.lists - a.lists)
        .map((total): Interval => ({
          key: `${total.placement} ${total.model}`,
          label: `${texts.models.placements[total.placement]} · ${total.model}`,
          ...wilson(total.clicked_lists, total.lists),
          colour: [...champions.values()].some((one) => total.model.includes(one.version)) ? 'chart-1' : 'chart-soft',
        })),
    [totals, champions],
  )
  return (
    <Panel title={words.rates} definition={words.ratesMeaning} at={result.dataUpdatedAt} isStale={Boolean(result.error)}>
      <Answered result={result} isEmpty={() => rows.length === 0} empty={words.empty}>
        {() => <Intervals label={words.rates} rows={rows} format={share} from={0} />}
      </Answered>
    </Panel>
  )
}

const COLUMNS: readonly Column<Outcomes>[] = [
  { key: 'placement', title: words.placement, show: (row) => texts.models.placements[row.placement], sortBy: (row) => row.placement },
  { key: 'model', title: words.model, show: (row) => <ModelName name={row.model} />, sortBy: (row) => row.model },
  { key: 'lists', title: words.lists, isNumber: true, show: (row) => number(row.lists), sortBy: (row) => row.lists },
  { key: 'rate', title: words.clickRate, isNumber: true, show: (row) => share(row.click_rate), sortBy: (row) => row.click_rate ?? -1 },
  { key: 'clicks', title: words.clicks, isNumber: true, show: (row) => number(row.clicks), sortBy: (row) => row.clicks },
  { key: 'views', title: words.views, isNumber: true, show: (row) => number(row.views), sortBy: (row) => row.views },
  { key: 'adds', title: words.basketAdds, isNumber: true, show: (row) => number(row.basket_adds), sortBy: (row) => row.basket_adds },
  { key: 'orders', title: words.orders, isNumber: true, show: (row) => number(row.orders), sortBy: (row) => row.orders },
  {
    key: 'revenue',
    title: words.revenue,
    isNumber: true,
    show: (row) => row.revenue.map((each) => money(each, true)).join(' · ') || texts.models.nothing,
    sortBy: (row) => row.revenue[0]?.amount ?? 0,
  },
]

function Totals() {
  const { result } = useServed()
  const sheet = () => ({
    columns: ['placement', 'model', 'lists', 'clicked_lists', 'click_rate', 'clicks', 'views', 'basket_adds', 'orders'],
    rows: (result.data?.totals ?? []).map((row) => [row.placement, row.model, row.lists, row.clicked_lists, row.click_rate, row.clicks, row.views, row.basket_adds, row.orders]),
  })
  return (
    <Panel title={words.totals} definition={words.totalsMeaning} at={result.dataUpdatedAt} isStale={Boolean(result.error)} sheet={sheet}>
      <Answered result={result} isEmpty={(answer) => answer.totals.length === 0} empty={words.empty}>
        {(answer) => (
          <Table caption={words.totals} columns={COLUMNS} rows={answer.totals} rowKey={(row) => `${row.placement} ${row.model}`} />
        )}
      </Answered>
    </Panel>
  )
}

const NO_LISTS: Outcomes = {
  model: '',
  placement: 'home',
  lists: 0,
  products: 0,
  clicked_lists: 0,
  click_rate: null,
  clicks: 0,
  views: 0,
  basket_adds: 0,
  orders: 0,
  revenue: [],
}

function added(all: readonly Outcomes[]): Outcomes {
  const sum = { ...NO_LISTS }
  const revenue = new Map<string, number>()
  for (const one of all) {
    for (const name of ['lists', 'products', 'clicked_lists', 'clicks', 'views', 'basket_adds', 'orders'] as const) sum[name] += one[name]
    for (const { amount, currency } of one.revenue) revenue.set(currency, (revenue.get(currency) ?? 0) + amount)
  }
  return { ...sum, revenue: [...revenue].map(([currency, amount]) => ({ amount, currency })) }
}
