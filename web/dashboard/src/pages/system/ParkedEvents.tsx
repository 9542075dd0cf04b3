/** Events that read models could not take. */

import { useState } from 'react'

import { post } from '../../api/client'
import { queries, usePages } from '../../api/queries'
import { dateTime, number } from '../../format'
import { Confirm } from '../../parts/Dialog'
import { Panel } from '../../parts/Panel'
import { Paged } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { doing, toast } from '../../parts/Toast'
import { texts } from '../../texts'
import { PATH as MODELS } from './models'
import type { ParkedEvent } from './shapes'

const words = texts.system.parked
const PATH = '/v1/admin/parked'

export function ParkedEvents() {
  const pages = usePages<ParkedEvent>(PATH, {}, { everyMs: 5_000 })
  const [asked, setAsked] = useState<ParkedEvent | null>(null)
  const columns: readonly Column<ParkedEvent>[] = [
    {
      key: 'position',
      title: words.position,
      show: (event) => number(event.position),
      sortBy: (event) => event.position,
    },
    { key: 'model', title: words.model, sortBy: (event) => event.name },
    { key: 'event', title: words.event, sortBy: (event) => event.topic },
    {
      key: 'stream',
      title: words.stream,
      show: (event) => <code className="whole">{event.stream_id}</code>,
    },
    { key: 'why', title: words.why, show: (event) => <code className="whole">{event.error}</code> },
    { key: 'attempts', title: words.attempts, isNumber: true, sortBy: (event) => event.attempts },
    {
      key: 'since',
      title: words.since,
      show: (event) => dateTime(event.parked_at),
      sortBy: (event) => event.parked_at,
    },
    {
      key: 'actions',
      title: texts.system.models.actions,
      isNumber: true,
      show: (event) => (
        <span className="model-actions">
          <button type="button" className="button slim" onClick={() => void retry(event)}>
            {words.retry}
          </button>
          <button type="button" className="button slim danger" onClick={() => setAsked(event)}>
            {words.discard}
          </button>
        </span>
      ),
    },
  ]
  const sheet = () => ({
    columns: ['position', 'projection', 'topic', 'stream_id', 'error', 'attempts', 'parked_at'],
    rows: (pages.items ?? []).map((event) => [
      event.position,
      event.name,
      event.topic,
      event.stream_id,
      event.error,
      event.attempts,
      event.parked_at,
    ]),
  })
  return (
    <Panel
      title={words.title}
      definition={words.definition}
      at={pages.at}
      isStale={Boolean(pages.error)}
      sheet={sheet}
    >
      <Paged pages={pages} empty={words.none}>
        {(events) => (
          <Table
            caption={words.title}
            columns={columns}
            rows={events}
            rowKey={(event) => `${event.name} ${event.generation} ${event.position}`}
          />
        )}
      </Paged>
      {asked && (
        <Confirm
          title={words.confirm(asked.stream_id)}
          text={words.confirmText(asked.name)}
          action={words.discard}
          isDangerous
          onConfirm={async () => toast(words.discarded(await release(asked, 'discard')))}
          onClose={() => setAsked(null)}
        />
      )}
    </Panel>
  )
}

function retry(event: ParkedEvent): Promise<void> {
  return doing(release(event, 'retry'), words.retried)
}

/** Does it to all that is parked of the event's stream; returns how many events these were. */
async function release(event: ParkedEvent, how: 'retry' | 'discard'): Promise<number> {
  const stream = { projection: event.name, stream_id: event.stream_id }
  const { events } = await post<{ events: number }>(`${PATH}/${how}`, stream)
  await queries.invalidateQueries({ queryKey: [PATH] })
  await queries.invalidateQueries({ queryKey: [MODELS] })
  return events
}
