/** What sells today, and what rises. */

import { useMemo } from 'react'

import { useRead } from '../../api/queries'
import type { Page } from '../../api/shapes'
import { useFilter } from '../../filters'
import { change, major, money, number } from '../../format'
import { usePeriod } from '../../live/use-live'
import { Select } from '../../parts/Form'
import { ProductLink } from '../../parts/PageLink'
import { Panel } from '../../parts/Panel'
import { Answered } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { texts } from '../../texts'
import { type Asked, useShared } from './context'
import { DAY, iso } from './counts'
import type { ProductSales, Trend } from './shapes'

const MOST = 12
const words = texts.now

const NUMBERS = {
  revenue: {
    title: words.revenue,
    metric: 'revenue_minor',
    show: (row: ProductSales) => money(row.revenue),
    sortBy: (row: ProductSales) => major(row.revenue),
  },
  units: {
    title: words.units,
    metric: 'units',
    show: (row: ProductSales) => number(row.units),
    sortBy: (row: ProductSales) => row.units,
  },
  baskets: {
    title: words.basketAdds,
    metric: 'items_added',
    show: (row: ProductSales) => number(row.basket_adds),
    sortBy: (row: ProductSales) => row.basket_adds,
  },
  views: {
    title: words.views,
    metric: 'product_views',
    show: (row: ProductSales) => number(row.views),
    sortBy: (row: ProductSales) => row.views,
  },
} as const

/** Columns whose numbers open the events behind them. */
function topColumns(explain: (asked: Asked) => void, day: number): readonly Column<ProductSales>[] {
  const numbers = Object.entries(NUMBERS).map(([key, { title, metric, show, sortBy }]) => ({
    key,
    title,
    isNumber: true,
    sortBy,
    show: (row: ProductSales) => (
      <button
        type="button"
        className="plain"
        title={texts.parts.showEvents}
        onClick={() =>
          explain({
            kind: 'events',
            title: `${row.name || row.product_id}, ${title}`,
            metric,
            bucket: 'day',
            at: day,
            product: row.product_id,
          })
        }
      >
        {show(row)}
      </button>
    ),
  }))
  return [
    {
      key: 'name',
      title: words.product,
      show: (row) => <ProductLink id={row.product_id} name={row.name} />,
      sortBy: (row) => row.name || row.product_id,
    },
    ...numbers,
  ]
}

export function TopProducts() {
  const day = usePeriod(DAY)
  const [by, setBy] = useFilter('top', 'revenue', ['revenue', 'units', 'views'])
  const result = useTopProducts(day, by)
  const { explain } = useShared()
  const columns = useMemo(() => topColumns(explain, day), [explain, day])
  const rows = result.data?.items.filter(isSold) ?? []
  const sheet = () => ({
    columns: ['product_id', ...columns.map((column) => column.title), 'currency'],
    rows: rows.map((row) => [
      row.product_id,
      row.name,
      major(row.revenue),
      row.units,
      row.basket_adds,
      row.views,
      row.revenue.currency,
    ]),
  })
  return (
    <Panel
      title={words.top.title}
      definition={words.top.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
      sheet={sheet}
      actions={
        <Select
          label={words.top.by}
          value={by}
          onChange={setBy}
          choices={[
            { value: 'revenue', label: words.revenue },
            { value: 'units', label: words.units },
            { value: 'views', label: words.views },
          ]}
        />
      }
    >
      <Answered result={result} isEmpty={() => rows.length === 0} empty={words.top.empty}>
        {() => (
          <Table
            caption={words.top.title}
            columns={columns}
            rows={rows}
            rowKey={(row) => `${row.product_id} ${row.revenue.currency}`}
          />
        )}
      </Answered>
    </Panel>
  )
}

function useTopProducts(day: number, by: string) {
  return useRead<Page<ProductSales>>(
    '/v1/insights/products',
    { from: iso(day), to: iso(day + DAY), by, page_size: MOST },
    { on: ['products'], everyMs: 3_000 },
  )
}

const RISING: readonly Column<Trend>[] = [
  {
    key: 'name',
    title: words.product,
    show: (row) => <ProductLink id={row.product_id} name={row.name} />,
    sortBy: (row) => row.name || row.product_id,
  },
  {
    key: 'recent',
    title: words.trending.recent,
    isNumber: true,
    show: (row) => number(row.recent),
    sortBy: (row) => row.recent,
  },
  {
    key: 'before',
    title: words.trending.before,
    isNumber: true,
    show: (row) => number(row.before),
    sortBy: (row) => row.before,
  },
  {
    key: 'change',
    title: words.trending.change,
    isNumber: true,
    show: (row) => (
      <span className="good">{change(row.recent, row.before) || words.trending.isNew}</span>
    ),
  },
]

export function Trending() {
  const [days, setDays] = useFilter('days', '7', ['1', '7', '28'])
  const query = { days, by: 'views', page_size: MOST }
  const result = useRead<Page<Trend>>('/v1/insights/trends', query, {
    on: ['products'],
    everyMs: 10_000,
  })
  const rows = result.data?.items ?? []
  const sheet = () => ({
    columns: ['product_id', words.product, words.trending.recent, words.trending.before],
    rows: rows.map((row) => [row.product_id, row.name, row.recent, row.before]),
  })
  return (
    <Panel
      title={words.trending.title}
      definition={words.trending.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
      sheet={sheet}
      actions={
        <Select
          label={words.trending.days}
          value={days}
          onChange={setDays}
          choices={(['1', '7', '28'] as const).map((value) => ({
            value,
            label: words.trending.over(Number(value)),
          }))}
        />
      }
    >
      <Answered result={result} isEmpty={() => rows.length === 0} empty={words.trending.empty}>
        {() => (
          <Table
            caption={words.trending.title}
            columns={RISING}
            rows={rows}
            rowKey={(row) => row.product_id}
          />
        )}
      </Answered>
    </Panel>
  )
}

function isSold(row: ProductSales): boolean {
  return row.units + row.views + row.basket_adds > 0
}
