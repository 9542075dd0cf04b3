/** Changes a product; where somebody else was quicker, both changes are shown. */

import { useState } from 'react'

import { Problem, call, get } from '../../api/client'
import { queries } from '../../api/queries'
import { Dialog } from '../../parts/Dialog'
import { Form, TextField } from '../../parts/Form'
import { toast } from '../../parts/Toast'
import { texts } from '../../texts'
import { Conflict } from './Conflict'
import { Fields } from './Fields'
import { insightPath } from './context'
import type { Insight } from './shapes'
import { type Values, body, changed, valuesOf } from './values'

const words = texts.products.form
const OUTDATED = [409, 412]

interface State {
  /** What the form began with, or what others made of it since. */
  base: Values
  version: number
  values: Values
  /** What somebody else saved meanwhile; null where nobody did. */
  theirs: { values: Values; version: number } | null
}

export function EditProduct({ insight, onClose }: { insight: Insight; onClose: () => void }) {
  const [state, setState] = useState<State>(() => ({
    base: valuesOf(insight),
    version: insight.version,
    values: valuesOf(insight),
    theirs: null,
  }))
  const { base, values, theirs } = state
  const mine = changed(base, values)

  const save = async (version: number, reason: string): Promise<void> => {
    if (mine.length === 0) {
      toast(words.nothingChanged)
      onClose()
      return
    }
    try {
      await call('PATCH', `/v1/products/${encodeURIComponent(insight.product_id)}`, {
        body: { ...body(values, mine), ...(reason && { reason }) },
        headers: { 'If-Match': `"${version}"` },
      })
    } catch (error) {
      if (!(error instanceof Problem) || !OUTDATED.includes(error.status)) throw error
      const fresh = await get<Insight>(insightPath(insight.product_id))
      setState((before) => ({
        ...before,
        theirs: { values: valuesOf(fresh), version: fresh.version },
      }))
      return
    }
    await queries.invalidateQueries()
    toast(words.saved)
    onClose()
  }

  const takeTheirs = (): void => {
    if (!theirs) return
    const taken = changed(base, theirs.values)
    const merged = Object.fromEntries(taken.map((field) => [field, theirs.values[field]]))
    setState({
      base: theirs.values,
      version: theirs.version,
      values: { ...values, ...merged },
      theirs: null,
    })
  }

  return (
    <Dialog title={words.edit(insight.now.name)} onClose={onClose}>
      <Form
        action={theirs ? words.saveMine : words.save}
        onSubmit={(fields) =>
          save(theirs?.version ?? state.version, String(fields.get('reason') ?? ''))
        }
        onCancel={onClose}
      >
        {theirs && (
          <Conflict base={base} mine={values} theirs={theirs.values} onTakeTheirs={takeTheirs} />
        )}
        <Fields
          values={values}
          onChange={(next) => setState((before) => ({ ...before, values: next }))}
        />
        {mine.includes('stock') && (
          <TextField name="reason" label={words.reason} hint={words.reasonHint} maxLength={500} />
        )}
      </Form>
    </Dialog>
  )
}
