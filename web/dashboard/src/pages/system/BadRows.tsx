/** Messages that were not taken: to be mended, tried again or let go. */

import { useState } from 'react'

import { Problem, call, post } from '../../api/client'
import { queries, usePages } from '../../api/queries'
import { useFilter } from '../../filters'
import { dateTime, number } from '../../format'
import { Confirm, Dialog } from '../../parts/Dialog'
import { Form, Select, TextArea } from '../../parts/Form'
import { Panel } from '../../parts/Panel'
import { Paged } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { doing, toast } from '../../parts/Toast'
import { texts } from '../../texts'
import type { BadRow, BadRowStatus } from './shapes'

const words = texts.system.bad
export const PATH = '/v1/admin/bad-rows'
const STATUSES: readonly BadRowStatus[] = ['open', 'repaired', 'discarded']

const COLUMNS: readonly Column<BadRow>[] = [
  {
    key: 'received',
    title: words.received,
    show: (row) => dateTime(row.received_at),
    sortBy: (row) => row.received_at,
  },
  {
    key: 'code',
    title: words.code,
    show: (row) => (
      <span className="pill" data-tone="warn">
        {row.code}
      </span>
    ),
    sortBy: (row) => row.code,
  },
  { key: 'why', title: words.why, sortBy: (row) => row.detail },
  { key: 'call', title: words.call, sortBy: (row) => row.call || words.batch },
  {
    key: 'key',
    title: words.key,
    show: (row) => <code className="whole">{row.key_id}</code>,
    sortBy: (row) => row.key_id,
  },
]

export function BadRows() {
  const [status, setStatus] = useFilter<BadRowStatus>('status', 'open', STATUSES)
  const pages = usePages<BadRow>(PATH, { status }, { everyMs: 5_000 })
  const [shown, setShown] = useState<BadRow | null>(null)
  const [isAsked, setAsked] = useState(false)
  const sheet = () => ({
    columns: ['bad_row_id', 'received_at', 'code', 'detail', 'call', 'key_id', 'message'],
    rows: (pages.items ?? []).map((row) => [
      row.bad_row_id,
      row.received_at,
      row.code,
      row.detail,
      row.call,
      row.key_id,
      row.message,
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
        <>
          <Select
            label={words.status}
            value={status}
            onChange={setStatus}
            choices={STATUSES.map((value) => ({ value, label: words.statuses[value] }))}
          />
          {status === 'open' && Boolean(pages.items?.length) && (
            <button type="button" className="button slim" onClick={() => setAsked(true)}>
              {words.retryAll}
            </button>
          )}
        </>
      }
    >
      <Paged pages={pages} empty={words.none[status]}>
        {(rows) => (
          <Table
            caption={words.title}
            columns={COLUMNS}
            rows={rows}
            rowKey={(row) => row.bad_row_id}
            onOpen={setShown}
          />
        )}
      </Paged>
      {shown && <OneRow row={shown} onClose={() => setShown(null)} />}
      {isAsked && (
        <Confirm
          title={words.confirmRetryAll}
          text={words.confirmRetryAllText}
          action={words.retryAll}
          onConfirm={retryAll}
          onClose={() => setAsked(false)}
        />
      )}
    </Panel>
  )
}

function OneRow({ row, onClose }: { row: BadRow; onClose: () => void }) {
  const repair = async (fields: FormData): Promise<void> => {
    const text = String(fields.get('message'))
    const body = text === pretty(row.message) ? undefined : { message: parsed(text) }
    const { facts } = await post<{ facts: number }>(`${PATH}/${row.bad_row_id}/repair`, body)
    await refresh()
    toast(words.repaired(facts))
    onClose()
  }
  const discard = async (): Promise<void> => {
    await doing(call('DELETE', `${PATH}/${row.bad_row_id}`), () => words.discarded)
    await refresh()
    onClose()
  }
  return (
    <Dialog title={words.one} onClose={onClose}>
      <div className="stack">
        <p>
          <span className="pill" data-tone="warn">
            {row.code}
          </span>{' '}
          {row.detail}
        </p>
        {row.status === 'open' ? (
          <>
            <Form action={words.repair} onSubmit={repair} onCancel={onClose}>
              <TextArea
                name="message"
                label={words.message}
                hint={words.messageHint}
                defaultValue={pretty(row.message)}
                rows={14}
                spellCheck={false}
              />
            </Form>
            <div>
              <button type="button" className="button slim danger" onClick={() => void discard()}>
                {words.discard}
              </button>
            </div>
          </>
        ) : (
          <pre className="message" tabIndex={0}>
            {pretty(row.message)}
          </pre>
        )}
      </div>
    </Dialog>
  )
}

async function retryAll(): Promise<void> {
  const { repaired, still_bad: still } = await post<{ repaired: number; still_bad: number }>(
    `${PATH}/retry`,
  )
  await refresh()
  toast(words.retriedAll(number(repaired), number(still)))
}

function refresh(): Promise<void> {
  return queries.invalidateQueries({ queryKey: [PATH] })
}

/** Lays JSON out over lines; what is none stays as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function parsed(text: string): unknown {
  try {
    const message: unknown = JSON.parse(text)
    if (typeof message === 'object' && message !== null && !Array.isArray(message)) return message
  } catch {
    // Said below, as of any other text that is no message.
  }
  const wrong = { field: 'message', code: 'invalid', message: words.notJson }
  throw new Problem(0, 'invalid', words.notJson, [wrong])
}
