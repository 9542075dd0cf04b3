/** What to order now, the most urgent first. */

import { useLocation } from 'wouter'

import { usePages } from '../../api/queries'
import { useFilter } from '../../filters'
import { NOTHING, decimal, number, share } from '../../format'
import { Select } from '../../parts/Form'
import { Panel } from '../../parts/Panel'
import { Paged } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { partOf } from '../../paths'
import { texts } from '../../texts'
import type { Advice } from './shapes'

const words = texts.products.advice
const MOST = 500

const COLUMNS: readonly Column<Advice>[] = [
  { key: 'name', title: words.product, show: (row) => <strong>{row.name || row.product_id}</strong>, sortBy: (row) => row.name || row.product_id },
  { key: 'order', title: words.order, isNumber: true, show: (row) => <strong>{row.order_quantity === null ? NOTHING : number(row.order_quantity)}</strong>, sortBy: (row) => row.order_quantity ?? -1 },
  { key: 'shortage', title: words.shortage, isNumber: true, show: (row) => <Risk of={row.shortage} />, sortBy: (row) => row.shortage ?? -1 },
  { key: 'days', title: words.daysLeft, isNumber: true, show: (row) => decimal(row.days_left, 0), sortBy: (row) => row.days_left ?? Number.MAX_VALUE },
  { key: 'stock', title: words.stock, isNumber: true, show: (row) => number(row.stock), sortBy: (row) => row.stock ?? -1 },
  { key: 'point', title: words.reorderPoint, isNumber: true, show: (row) => number(row.reorder_point), sortBy: (row) => row.reorder_point },
  { key: 'upTo', title: words.orderUpTo, isNumber: true, show: (row) => number(row.order_up_to), sortBy: (row) => row.order_up_to },
  { key: 'demand', title: words.leadDemand, isNumber: true, show: (row) => decimal(row.lead_demand, 1), sortBy: (row) => row.lead_demand },
]

export function StockAdvice() {
  const [which, setWhich] = useFilter('which', 'due', ['due', 'all'])
  const [, go] = useLocation()
  const pages = usePages<Advice>('/v1/insights/stock-advice', { due: which === 'due', page_size: MOST }, { everyMs: 30_000 })
  const sheet = () => ({
    columns: ['product_id', 'name', 'order_quantity', 'chance_to_run_out', 'days_left', 'stock', 'reorder_point', 'order_up_to', 'expected_until_delivery'],
    rows: (pages.items ?? []).map((row) => [
      row.product_id,
      row.name,
      row.order_quantity,
      row.shortage,
      row.days_left,
      row.stock,
      row.reorder_point,
      row.order_up_to,
      row.lead_demand,
    ]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={pages.at}
      isStale={Boolean(pages.error)}
      sheet={sheet}
      actions={
        <Select
          label={words.which}
          value={which}
          onChange={setWhich}
          choices={[
            { value: 'due', label: words.due },
            { value: 'all', label: words.all },
          ]}
        />
      }
    >
      <Paged pages={pages} empty={which === 'due' ? words.noneDue : words.none}>
        {(rows) => (
          <Table
            caption={words.title}
            columns={COLUMNS}
            rows={rows}
            rowKey={(row) => row.product_id}
            onOpen={(row) => go(`/${partOf(row.product_id)}`)}
          />
        )}
      </Paged>
    </Panel>
  )
}

const HIGH = 0.5
const NOTABLE = 0.1

export function Risk({ of }: { of: number | null }) {
  if (of === null) return <>{NOTHING}</>
  const tone = of >= HIGH ? 'bad' : of >= NOTABLE ? 'warn' : 'good'
  return (
    <span className="pill" data-tone={tone}>
      {share(of)}
    </span>
  )
}
