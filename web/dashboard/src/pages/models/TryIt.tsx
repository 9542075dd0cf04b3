/** What somebody would be shown now, and why; each reason leads to its events. */

import { type FormEvent, useState } from 'react'

import { useProductNames } from '../../api/product-names'
import { useRead } from '../../api/queries'
import { type Reason, type RecommendedProduct, useRecommended } from '../../api/recommended'
import type { Page } from '../../api/shapes'
import { Panels } from '../../app/PageFrame'
import { useFilter } from '../../filters'
import { decimal, number } from '../../format'
import { Choices, SelectField, TextField } from '../../parts/Form'
import { Panel } from '../../parts/Panel'
import { Answered, Empty } from '../../parts/States'
import { type Column, Table } from '../../parts/Table'
import { texts } from '../../texts'
import { ModelName } from './ModelName'
import { ReasonEvents } from './ReasonEvents'
import { PLACEMENTS, type Placement } from './shapes'

const words = texts.models.tryIt
const OFFERED = 5
const COUNTS = ['4', '8', '20', '50'] as const

const PANELS = [
  { key: 'asked', span: 4, content: Asked },
  { key: 'list', span: 8, content: Shown },
] as const

export function TryIt() {
  return <Panels panels={PANELS} />
}

function useAsked() {
  const [visitor, setVisitor] = useFilter<string>('visitor', '')
  const [placement, setPlacement] = useFilter<Placement>('at', 'home', PLACEMENTS)
  const [product, setProduct] = useFilter<string>('product', '')
  const [count, setCount] = useFilter<(typeof COUNTS)[number]>('count', '8', COUNTS)
  return { visitor, setVisitor, placement, setPlacement, product, setProduct, count, setCount }
}

function Asked() {
  const asked = useAsked()
  const names = useProductNames()
  const { data } = useRead<Page<{ visitor: string; page: string }>>('/v1/insights/visitors', { page_size: 50 }, { on: ['feed'], everyMs: 10_000 })
  const visitors = [...new Set((data?.items ?? []).map((each) => each.visitor))]
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    const text = (name: string): string => String(fields.get(name) ?? '').trim()
    asked.setVisitor(text('visitor'))
    asked.setProduct(text('product'))
  }
  return (
    <Panel title={words.asked} definition={words.askedMeaning}>
      <form className="form" onSubmit={submit} key={`${asked.visitor} ${asked.product}`}>
        <TextField name="visitor" label={words.visitor} hint={words.visitorHint} defaultValue={asked.visitor} list="visitors-here" autoComplete="off" spellCheck={false} />
        <Choices id="visitors-here" choices={visitors.map((value) => ({ value, label: words.isHere }))} />
        {visitors.length > 0 && (
          <div className="stack small">
            <span className="soft">{words.onTheSite}</span>
            <span className="row">
              {visitors.slice(0, OFFERED).map((visitor) => (
                <button key={visitor} type="button" className="button slim" aria-pressed={visitor === asked.visitor} onClick={() => asked.setVisitor(visitor)}>
                  <span className="cut">{visitor}</span>
                </button>
              ))}
            </span>
          </div>
        )}
        <SelectField
          name="placement"
          label={words.placement}
          value={asked.placement}
          onChange={(event) => asked.setPlacement(event.target.value as Placement)}
          choices={PLACEMENTS.map((value) => ({ value, label: texts.models.placements[value] }))}
        />
        {asked.placement === 'product' && (
          <>
            <TextField name="product" label={words.product} hint={words.productHint} defaultValue={asked.product} list="products-known" autoComplete="off" spellCheck={false} />
            <Choices id="products-known" choices={[...names].map(([value, label]) => ({ value, label }))} />
          </>
        )}
        <SelectField
          name="count"
          label={words.count}
          value={asked.count}
          onChange={(event) => asked.setCount(event.target.value as (typeof COUNTS)[number])}
          choices={COUNTS.map((value) => ({ value, label: value }))}
        />
        <div className="actions">
          <button type="submit" className="button main-action">
            {words.action}
          </button>
        </div>
      </form>
    </Panel>
  )
}

function Shown() {
  const { visitor, placement, product, count } = useAsked()
  const [reason, setReason] = useState<Reason | null>(null)
  const needsProduct = placement === 'product' && product === ''
  const asked = { visitor, placement, count: Number(count), ...(placement === 'product' && { product_id: product }) }
  const result = useRecommended(asked, { everyMs: 3_000, enabled: !needsProduct })
  const rows = (result.data?.items ?? []).map((item, index) => ({ ...item, rank: index + 1 }))
  const columns: readonly Column<RecommendedProduct & { rank: number }>[] = [
    { key: 'rank', title: words.rank, isNumber: true, show: (row) => number(row.rank) },
    { key: 'product', title: words.product, show: (row) => <span title={row.product_id}>{row.name}</span> },
    { key: 'score', title: words.score, isNumber: true, show: (row) => decimal(row.score, 3), sortBy: (row) => row.score },
    { key: 'reasons', title: words.reasons, show: (row) => <Reasons reasons={row.reasons} onOpen={setReason} /> },
  ]
  const sheet = () => ({
    columns: ['rank', 'product_id', 'name', 'score', 'reasons'],
    rows: rows.map((row) => [row.rank, row.product_id, row.name, row.score, row.reasons.map(({ text }) => text).join('; ')]),
  })
  return (
    <Panel title={words.list} definition={words.listMeaning} at={needsProduct ? 0 : result.dataUpdatedAt} isStale={Boolean(result.error)} sheet={sheet}>
      {needsProduct ? (
        <Empty text={words.whichProduct} />
      ) : (
        <Answered result={result} lines={8} isEmpty={(answer) => answer.items.length === 0} empty={words.nothing}>
          {(answer) => (
            <div className="stack">
              <p className="row small soft">
                {words.by} <ModelName name={answer.model} />
                {words.asOf(number(answer.as_of_position))}
              </p>
              {answer.degraded && <p className="note">{words.degraded[answer.degraded]}</p>}
              <Table caption={words.list} columns={columns} rows={rows} rowKey={(row) => row.product_id} />
            </div>
          )}
        </Answered>
      )}
      {reason && <ReasonEvents reason={reason} onClose={() => setReason(null)} />}
    </Panel>
  )
}

function Reasons({ reasons, onOpen }: { reasons: readonly Reason[]; onOpen: (reason: Reason) => void }) {
  if (reasons.length === 0) return <span className="soft">{words.noReason}</span>
  return (
    <span className="stack reasons">
      {reasons.map((reason) => (
        <button key={reason.text} type="button" className="link" title={texts.parts.showEvents} onClick={() => onOpen(reason)}>
          {reason.text}
        </button>
      ))}
    </span>
  )
}
