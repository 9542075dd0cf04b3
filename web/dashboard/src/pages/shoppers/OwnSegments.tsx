/** Segments that the shop defined: listed, defined, changed, removed. */

import { useState } from 'react'

import { call } from '../../api/client'
import { queries } from '../../api/queries'
import { jump } from '../../filters'
import { number, since } from '../../format'
import { useNow } from '../../live/use-live'
import { Confirm } from '../../parts/Dialog'
import { Icon } from '../../parts/Icon'
import { Panel } from '../../parts/Panel'
import { Paged } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { toast } from '../../parts/Toast'
import { texts } from '../../texts'
import { SegmentEditor } from './SegmentEditor'
import { OWN, useOwnSegments } from './reads'
import type { OwnSegment } from './shapes'

const words = texts.shoppers.own

export function OwnSegments() {
  const pages = useOwnSegments(3_000)
  const [edited, setEdited] = useState<OwnSegment | 'new' | null>(null)
  const [removed, setRemoved] = useState<OwnSegment | null>(null)
  const columns: readonly Column<OwnSegment>[] = [
    {
      key: 'name',
      title: words.name,
      show: (row) => (
        <>
          <strong>{row.name}</strong>
          {row.description && <div className="small soft meaning">{row.description}</div>}
        </>
      ),
      sortBy: (row) => row.name,
    },
    {
      key: 'members',
      title: words.members,
      isNumber: true,
      show: (row) => number(row.members),
      sortBy: (row) => row.members,
    },
    { key: 'state', title: words.state, show: (row) => <Evaluation of={row.evaluation} /> },
    {
      key: 'changed',
      title: words.changed,
      show: (row) => <Since at={row.changed_at} />,
      sortBy: (row) => row.changed_at,
    },
    {
      key: 'actions',
      title: words.actions,
      show: (row) => (
        <div className="row" onClick={(event) => event.stopPropagation()}>
          <button
            type="button"
            className="button slim"
            aria-label={words.changeOne(row.name)}
            onClick={() => setEdited(row)}
          >
            {words.change}
          </button>
          <button
            type="button"
            className="button slim danger"
            aria-label={words.removeOne(row.name)}
            onClick={() => setRemoved(row)}
          >
            {words.remove}
          </button>
        </div>
      ),
    },
  ]
  const sheet = () => ({
    columns: ['segment_id', 'name', 'description', 'members', 'status', 'rule'],
    rows: (pages.items ?? []).map((row) => [
      row.segment_id,
      row.name,
      row.description,
      row.members,
      row.evaluation.status,
      JSON.stringify(row.rule),
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
        <button type="button" className="button slim main-action" onClick={() => setEdited('new')}>
          <Icon name="plus" size={14} /> {words.define}
        </button>
      }
    >
      <Paged pages={pages} empty={words.none}>
        {(rows) => (
          <Table
            caption={words.title}
            columns={columns}
            rows={rows}
            rowKey={(row) => row.segment_id}
            onOpen={(row) => jump({ tab: '', segment: row.segment_id })}
          />
        )}
      </Paged>
      {edited && (
        <SegmentEditor segment={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
      {removed && (
        <Confirm
          title={words.confirmRemove(removed.name)}
          text={words.confirmText(number(removed.members))}
          action={words.remove}
          isDangerous
          onConfirm={async () => {
            await call('DELETE', `${OWN}/${removed.segment_id}`)
            await queries.invalidateQueries({ queryKey: [OWN] })
            toast(words.removed(removed.name))
          }}
          onClose={() => setRemoved(null)}
        />
      )}
    </Panel>
  )
}

function Evaluation({ of: { status, done, total, error } }: { of: OwnSegment['evaluation'] }) {
  const tone = { live: 'good', failed: 'bad', waiting: '', evaluating: 'accent' }[status]
  return (
    <span className="pill" data-tone={tone} title={error || undefined}>
      {words.states[status]}
      {status === 'evaluating' && total > 0 && ` ${number(done)} / ${number(total)}`}
    </span>
  )
}

function Since({ at }: { at: string }) {
  return <>{since(useNow() - Date.parse(at))}</>
}
