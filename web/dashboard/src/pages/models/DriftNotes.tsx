/** Where models no longer meet what they learnt from, or foresee what does not come. */

import { dateTime, decimal, number } from '../../format'
import { Panel } from '../../parts/Panel'
import { Answered } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { texts } from '../../texts'
import { useModels } from './reads'
import type { Drift, Model } from './shapes'
import { kindName, readable } from './words'

const words = texts.models.drift
const SHOWN = 4

type Drifted = Model & { drift: Drift }

const COLUMNS: readonly Column<Drifted>[] = [
  { key: 'at', title: texts.parts.when, show: ({ drift }) => dateTime(drift.at), sortBy: ({ drift }) => drift.at },
  { key: 'kind', title: texts.models.kinds.kind, show: (model) => kindName(model.kind), sortBy: (model) => model.kind },
  { key: 'version', title: texts.models.kinds.version, sortBy: (model) => model.version },
  { key: 'features', title: words.moved, show: ({ drift }) => <Moved drift={drift} /> },
  {
    key: 'calibration',
    title: words.calibration,
    show: ({ drift }) => (
      <span className={drift.is_miscalibrated ? 'warn' : ''}>{words.foreseen(number(drift.expected), number(drift.observed))}</span>
    ),
  },
  { key: 'visits', title: words.visits, isNumber: true, show: ({ drift }) => number(drift.visits), sortBy: ({ drift }) => drift.visits },
]

export function DriftNotes() {
  const result = useModels()
  const rows = (result.data?.items ?? []).filter((model): model is Drifted => model.drift !== null)
  const sheet = () => ({
    columns: ['at', 'kind', 'version', 'features', 'expected', 'observed', 'visits'],
    rows: rows.map(({ drift, kind, version }) => [drift.at, kind, version, JSON.stringify(drift.features), drift.expected, drift.observed, drift.visits]),
  })
  return (
    <Panel title={words.title} definition={words.definition} at={result.dataUpdatedAt} isStale={Boolean(result.error)} sheet={sheet}>
      <Answered result={result} isEmpty={() => rows.length === 0} empty={words.empty}>
        {() => <Table caption={words.title} columns={COLUMNS} rows={rows} rowKey={(row) => `${row.kind} ${row.version}`} />}
      </Answered>
    </Panel>
  )
}

function Moved({ drift }: { drift: Drift }) {
  const moved = Object.entries(drift.features).sort(([, a], [, b]) => b - a)
  if (moved.length === 0) return <span className="soft">{words.none}</span>
  return (
    <span className="row">
      {moved.slice(0, SHOWN).map(([name, index]) => (
        <span key={name} className="pill" data-tone="warn" title={words.index}>
          {readable(name)} {decimal(index, 2)}
        </span>
      ))}
      {moved.length > SHOWN && <span className="soft small">{words.andMore(moved.length - SHOWN)}</span>}
    </span>
  )
}
