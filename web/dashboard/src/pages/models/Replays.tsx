/** What another policy would have recommended, and what is known of it. */

import { useState } from 'react'

import { call } from '../../api/client'
import { queries } from '../../api/queries'
import { Panels } from '../../app/PageFrame'
import { useFilter } from '../../filters'
import { dateTime, number, share } from '../../format'
import { Confirm } from '../../parts/Dialog'
import { Icon } from '../../parts/Icon'
import { Panel } from '../../parts/Panel'
import { Answered } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { toast } from '../../parts/Toast'
import { texts } from '../../texts'
import { ReplayForm } from './ReplayForm'
import { ReplayResult } from './ReplayResult'
import { REPLAYS, useReplays } from './reads'
import type { Replay } from './shapes'
import { policyName } from './words'

const words = texts.models.replays
const PANELS = [{ key: 'replays', span: 12, content: AllReplays }] as const

export function Replays() {
  return <Panels panels={PANELS} />
}

function AllReplays() {
  const result = useReplays()
  const [asks, setAsks] = useState(false)
  const [shown, setShown] = useFilter<string>('replay', '')
  const [cancelled, setCancelled] = useState<Replay | null>(null)
  const found = result.data?.items.find((replay) => replay.replay_id === shown)
  const columns: readonly Column<Replay>[] = [
    {
      key: 'policy',
      title: words.policy,
      show: (replay) => (
        <button type="button" className="link" aria-label={words.open(policyName(replay.policy))} onClick={() => setShown(replay.replay_id)}>
          {policyName(replay.policy)}
        </button>
      ),
    },
    { key: 'placement', title: words.placement, show: (replay) => texts.models.placements[replay.placement] },
    { key: 'span', title: words.span, show: (replay) => words.positions(number(replay.from), number(replay.to)) },
    { key: 'status', title: words.status, show: (replay) => <Status replay={replay} /> },
    { key: 'verdict', title: words.verdict, show: (replay) => <Verdict replay={replay} /> },
    { key: 'by', title: words.askedBy, show: (replay) => replay.requested_by.replace('user:', '') },
    { key: 'at', title: words.askedAt, show: (replay) => dateTime(replay.requested_at), sortBy: (replay) => replay.requested_at },
    {
      key: 'actions',
      title: texts.models.kinds.actions,
      isNumber: true,
      show: (replay) =>
        isUnderWay(replay) && (
          <button type="button" className="button slim" aria-label={`${words.cancel}: ${policyName(replay.policy)}`} onClick={() => setCancelled(replay)}>
            {words.cancel}
          </button>
        ),
    },
  ]
  const cancel = async (replay: Replay): Promise<void> => {
    await call('DELETE', `${REPLAYS}/${replay.replay_id}`)
    await queries.invalidateQueries({ queryKey: [REPLAYS] })
    toast(words.cancelled)
  }
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={result.dataUpdatedAt}
      isStale={Boolean(result.error)}
      actions={
        <button type="button" className="button slim" onClick={() => setAsks(true)}>
          <Icon name="plus" size={15} />
          {words.ask}
        </button>
      }
    >
      <Answered result={result} isEmpty={(answer) => answer.items.length === 0} empty={words.empty}>
        {(answer) => (
          <Table caption={words.title} columns={columns} rows={answer.items} rowKey={(replay) => replay.replay_id} isSelected={(replay) => replay.replay_id === shown} />
        )}
      </Answered>
      {asks && <ReplayForm onClose={() => setAsks(false)} />}
      {found && <ReplayResult replay={found} onClose={() => setShown('')} />}
      {cancelled && (
        <Confirm
          title={words.confirmCancel}
          text={words.confirmCancelText(policyName(cancelled.policy))}
          action={words.giveUp}
          isDangerous
          onConfirm={() => cancel(cancelled)}
          onClose={() => setCancelled(null)}
        />
      )}
    </Panel>
  )
}

function isUnderWay(replay: Replay): boolean {
  return replay.status === 'requested' || replay.status === 'running'
}

export function Status({ replay }: { replay: Replay }) {
  const { status, done, total } = replay
  if (status !== 'running') {
    return (
      <span className="pill" data-tone={words.tones[status]} title={replay.error}>
        {words.statuses[status]}
      </span>
    )
  }
  const part = total ? done / total : 0
  return (
    <span className="progress">
      <span className="small">
        {words.statuses.running} · {share(part)}
      </span>
      <span className="bar" role="progressbar" aria-label={policyName(replay.policy)} aria-valuenow={Math.round(100 * part)} aria-valuemin={0} aria-valuemax={100}>
        <i style={{ width: `${100 * part}%` }} />
      </span>
    </span>
  )
}

function Verdict({ replay }: { replay: Replay }) {
  const verdict = replay.result?.clicks.verdict
  if (!verdict) return texts.models.nothing
  return (
    <span className="pill" data-tone={words.verdictTones[verdict]}>
      {words.verdicts[verdict]}
    </span>
  )
}
