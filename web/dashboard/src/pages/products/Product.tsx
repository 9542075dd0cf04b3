/** One product: what it did, what it probably will, what to have of it. */

import { useState } from 'react'
import { useLocation } from 'wouter'

import { PageFrame, type PanelEntry } from '../../app/PageFrame'
import { call } from '../../api/client'
import { useCategoryNames } from '../../api/categories'
import { queries } from '../../api/queries'
import { useMay } from '../../api/session'
import { money } from '../../format'
import { Confirm } from '../../parts/Dialog'
import { Select } from '../../parts/Form'
import { Unanswered } from '../../parts/States'
import { toast } from '../../parts/Toast'
import { texts } from '../../texts'
import { AdvicePanel } from './AdvicePanel'
import { SalesByDay, ViewsByDay } from './ByDay'
import { Details } from './Details'
import { EditProduct } from './EditProduct'
import { ForecastPanel } from './ForecastPanel'
import { GoesWith } from './GoesWith'
import { Reviews } from './Reviews'
import { Tiles } from './Tiles'
import { ProductProvider, useProduct } from './context'
import type { Insight } from './shapes'
import { DAYS } from './spans'

const words = texts.products.one

const PANELS: readonly PanelEntry[] = [
  { key: 'tiles', span: 12, content: Tiles },
  { key: 'sales', span: 6, content: SalesByDay },
  { key: 'views', span: 6, content: ViewsByDay },
  { key: 'forecast', span: 7, content: ForecastPanel },
  { key: 'advice', span: 5, content: AdvicePanel },
  { key: 'reviews', span: 7, content: Reviews },
  { key: 'with', span: 5, content: GoesWith },
  { key: 'details', span: 12, content: Details },
]

export function Product({ productId }: { productId: string }) {
  return (
    <ProductProvider productId={productId}>
      <Shown />
    </ProductProvider>
  )
}

function Shown() {
  const { productId, result } = useProduct()
  const categories = useCategoryNames()
  const { data } = result
  const back = { href: '/', label: texts.products.title }
  if (!data) {
    return (
      <PageFrame title={productId} back={back}>
        <Unanswered result={result} />
      </PageFrame>
    )
  }
  return (
    <PageFrame
      title={data.now.name}
      back={back}
      intro={
        <span className="row">
          <strong>{money(data.now.price)}</strong>
          <span>{categories.get(data.now.category) ?? data.now.category}</span>
          {data.now.is_withdrawn && (
            <span className="pill" data-tone="bad">
              {words.withdrawn}
            </span>
          )}
        </span>
      }
      filters={<Actions insight={data} />}
      panels={PANELS}
    />
  )
}

function Actions({ insight }: { insight: Insight }) {
  const { span, setSpan } = useProduct()
  const isAdmin = useMay('admin')
  const [shown, setShown] = useState<'edit' | 'withdraw' | null>(null)
  const [, go] = useLocation()
  const withdraw = async (): Promise<void> => {
    await call('DELETE', `/v1/products/${encodeURIComponent(insight.product_id)}`, {
      headers: { 'If-Match': `"${insight.version}"` },
    })
    await queries.invalidateQueries()
    toast(words.isWithdrawn(insight.now.name))
    go('/')
  }
  return (
    <>
      <Select
        label={texts.products.all.days}
        value={span}
        onChange={setSpan}
        choices={DAYS.map((value) => ({ value, label: texts.products.all.over(Number(value)) }))}
      />
      {isAdmin && !insight.now.is_withdrawn && (
        <>
          <button type="button" className="button" onClick={() => setShown('edit')}>
            {words.edit}
          </button>
          <button type="button" className="button danger" onClick={() => setShown('withdraw')}>
            {words.withdraw}
          </button>
        </>
      )}
      {shown === 'edit' && <EditProduct insight={insight} onClose={() => setShown(null)} />}
      {shown === 'withdraw' && (
        <Confirm
          title={words.confirmWithdraw(insight.now.name)}
          text={words.confirmText}
          action={words.withdraw}
          isDangerous
          onConfirm={withdraw}
          onClose={() => setShown(null)}
        />
      )}
    </>
  )
}
