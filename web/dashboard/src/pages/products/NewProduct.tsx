/** Puts a product up for sale. */

import { useState } from 'react'
import { useLocation } from 'wouter'

import { post } from '../../api/client'
import { queries, useRead } from '../../api/queries'
import { Dialog } from '../../parts/Dialog'
import { Form } from '../../parts/Form'
import { Loading } from '../../parts/States'
import { toast } from '../../parts/Toast'
import { partOf } from '../../paths'
import { texts } from '../../texts'
import { Fields } from './Fields'
import type { Assortment } from './shapes'
import { FIELDS, body, emptyValues } from './values'

const words = texts.products.form

export function NewProduct({ onClose }: { onClose: () => void }) {
  const { data, error } = useRead<Assortment>('/v1/insights/assortment', { page_size: 1 })
  return (
    <Dialog title={words.add} onClose={onClose}>
      {data || error ? <Inside currency={data?.items[0]?.price.currency ?? ''} onClose={onClose} /> : <Loading />}
    </Dialog>
  )
}

function Inside({ currency, onClose }: { currency: string; onClose: () => void }) {
  const [values, setValues] = useState(() => emptyValues(currency))
  const [, go] = useLocation()
  const submit = async (): Promise<void> => {
    const made = await post<{ product_id: string; name: string }>('/v1/products', body(values, FIELDS))
    await queries.invalidateQueries()
    toast(words.added(made.name))
    onClose()
    go(`/${partOf(made.product_id)}`)
  }
  return (
    <Form action={words.addIt} onSubmit={submit} onCancel={onClose}>
      <Fields values={values} onChange={setValues} isNew />
    </Form>
  )
}
