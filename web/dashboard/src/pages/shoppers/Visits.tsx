/** The latest visits of somebody, in whatever browser. */

import { dateTime, duration, number } from '../../format'
import { Panel } from '../../parts/Panel'
import { Empty } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { texts } from '../../texts'
import { usePerson } from './context'
import type { Outcome, Visit } from './shapes'

const words = texts.shoppers.visits
const TONES: Readonly<Record<Outcome, string>> = {
  ordered: 'good',
  checkout: 'accent',
  basket: 'accent',
  product: '',
  browsed: '',
  bounced: '',
}

const COLUMNS: readonly Column<Visit>[] = [
  {
    key: 'when',
    title: texts.parts.when,
    show: (row) => dateTime(row.started_at),
    sortBy: (row) => row.started_at,
  },
  {
    key: 'lasted',
    title: words.lasted,
    isNumber: true,
    show: (row) => duration(lasted(row)),
    sortBy: lasted,
  },
  {
    key: 'outcome',
    title: words.outcome,
    show: (row) => (
      <span className="pill" data-tone={TONES[row.outcome]}>
        {words.outcomes[row.outcome]}
      </span>
    ),
    sortBy: (row) => row.outcome,
  },
  {
    key: 'views',
    title: words.views,
    isNumber: true,
    show: (row) => number(row.product_views),
    sortBy: (row) => row.product_views,
  },
  {
    key: 'added',
    title: words.added,
    isNumber: true,
    show: (row) => number(row.items_added),
    sortBy: (row) => row.items_added,
  },
  { key: 'entry', title: words.entry, sortBy: (row) => row.entry_page },
  { key: 'exit', title: words.exit, sortBy: (row) => row.exit_page },
  { key: 'source', title: words.source, sortBy: (row) => row.source },
  { key: 'device', title: words.device, sortBy: (row) => row.device },
]

export function Visits() {
  const { result } = usePerson()
  const visits = result.data?.visits ?? []
  const sheet = () => ({
    columns: [
      'visit_id',
      'visitor',
      'started_at',
      'ended_at',
      'outcome',
      'product_views',
      'items_added',
      'orders',
      'entry_page',
      'exit_page',
      'source',
      'device',
    ],
    rows: visits.map((row) => [
      row.visit_id,
      row.visitor,
      row.started_at,
      row.ended_at,
      row.outcome,
      row.product_views,
      row.items_added,
      row.orders,
      row.entry_page,
      row.exit_page,
      row.source,
      row.device,
    ]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
      sheet={sheet}
    >
      {visits.length ? (
        <Table
          caption={words.title}
          columns={COLUMNS}
          rows={visits}
          rowKey={(row) => String(row.visit_id)}
        />
      ) : (
        <Empty text={words.none} />
      )}
    </Panel>
  )
}

function lasted(row: Visit): number {
  return (Date.parse(row.ended_at) - Date.parse(row.started_at)) / 1_000
}
