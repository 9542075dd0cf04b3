/** Says or changes what the shop wants of its recommendations. */

import { useState } from 'react'

import { useCategories } from '../../api/categories'
import { call, post } from '../../api/client'
import { useProductNames } from '../../api/product-names'
import { Dialog } from '../../parts/Dialog'
import { Choices, Form, SelectField, TextField } from '../../parts/Form'
import { toast } from '../../parts/Toast'
import { texts } from '../../texts'
import { RULES, rulesChanged } from './reads'
import { PLACEMENTS, type Rule, type RuleAction } from './shapes'

const words = texts.models.rules
const ACTIONS: readonly RuleAction[] = ['pin', 'boost', 'bury', 'diversify']
const USUAL = { pin: 1, boost: 2, bury: 0.5, diversify: 0.5 } as const

export function RuleForm({ rule, onClose }: { rule: Rule | null; onClose: () => void }) {
  const [action, setAction] = useState<RuleAction>(rule?.action ?? 'pin')
  const [aims, setAims] = useState<'product' | 'category'>(rule?.category ? 'category' : 'product')
  const names = useProductNames()
  const categories = useCategories()
  const isOfProduct = action === 'pin' || (action !== 'diversify' && aims === 'product')
  const isOfCategory = action !== 'pin' && action !== 'diversify' && aims === 'category'
  const save = async (fields: FormData): Promise<void> => {
    const body = termsOf(action, fields)
    if (rule) await call('PATCH', `${RULES}/${encodeURIComponent(rule.rule_id)}`, { body })
    else await post(RULES, body)
    await rulesChanged()
    toast(rule ? words.changed : words.made)
    onClose()
  }
  return (
    <Dialog title={rule ? words.editTitle : words.newTitle} isNarrow onClose={onClose}>
      <Form action={rule ? words.save : words.make} onSubmit={save} onCancel={onClose}>
        <SelectField
          name="action"
          label={words.action}
          hint={words.actionMeanings[action]}
          value={action}
          onChange={(event) => setAction(event.target.value as RuleAction)}
          choices={ACTIONS.map((value) => ({ value, label: words.actions[value] }))}
        />
        {(action === 'boost' || action === 'bury') && (
          <SelectField
            name="aims"
            label={words.aims}
            value={aims}
            onChange={(event) => setAims(event.target.value as 'product' | 'category')}
            choices={[
              { value: 'product', label: words.aProduct },
              { value: 'category', label: words.aCategory },
            ]}
          />
        )}
        {isOfProduct && (
          <>
            <TextField
              name="product_id"
              label={words.product}
              hint={words.productHint}
              defaultValue={rule?.product_id}
              list="rule-products"
              autoComplete="off"
              spellCheck={false}
              required
            />
            <Choices
              id="rule-products"
              choices={[...names].map(([value, label]) => ({ value, label }))}
            />
          </>
        )}
        {isOfCategory && (
          <SelectField
            name="category"
            label={words.aCategory}
            defaultValue={rule?.category}
            choices={(categories.data?.items ?? []).map(({ category_id: value, name: label }) => ({
              value,
              label,
            }))}
            key={categories.data ? 'known' : 'unknown'}
          />
        )}
        {action === 'pin' && (
          <TextField
            name="place"
            label={words.place}
            hint={words.placeHint}
            type="number"
            min={1}
            max={100}
            step={1}
            defaultValue={rule?.place || USUAL.pin}
            required
          />
        )}
        {(action === 'boost' || action === 'bury') && (
          <TextField
            key={action}
            name="factor"
            label={words.factor}
            hint={action === 'boost' ? words.boostHint : words.buryHint}
            type="number"
            min={0}
            step="any"
            defaultValue={rule?.action === action ? rule.factor : USUAL[action]}
            required
          />
        )}
        {action === 'diversify' && (
          <TextField
            name="strength"
            label={words.strength}
            hint={words.strengthHint}
            type="number"
            min={0}
            max={1}
            step="any"
            defaultValue={rule?.action === action ? rule.strength : USUAL.diversify}
            required
          />
        )}
        <SelectField
          name="placement"
          label={words.where}
          defaultValue={rule?.placement ?? ''}
          choices={[
            { value: '', label: words.everywhere },
            ...PLACEMENTS.map((value) => ({ value, label: texts.models.placements[value] })),
          ]}
        />
        <div className="two-fields">
          <TextField
            name="starts_at"
            label={words.starts}
            type="datetime-local"
            defaultValue={local(rule?.starts_at)}
          />
          <TextField
            name="ends_at"
            label={words.ends}
            type="datetime-local"
            defaultValue={local(rule?.ends_at)}
          />
        </div>
        <TextField
          name="note"
          label={words.note}
          hint={words.noteHint}
          defaultValue={rule?.note}
          maxLength={500}
          autoComplete="off"
        />
      </Form>
    </Dialog>
  )
}

/** Returns all terms, so that a rule that changed its kind keeps nothing of the former one. */
function termsOf(action: RuleAction, fields: FormData): object {
  const text = (name: string): string => String(fields.get(name) ?? '').trim()
  const moment = (name: string): string | null =>
    text(name) ? new Date(text(name)).toISOString() : null
  return {
    action,
    product_id: text('product_id'),
    category: text('category'),
    place: Number(text('place')),
    factor: fields.has('factor') ? Number(text('factor')) : 1,
    strength: Number(text('strength')),
    placement: text('placement'),
    starts_at: moment('starts_at'),
    ends_at: moment('ends_at'),
    note: text('note'),
  }
}

/** Writes a moment as such a field takes it: without offset, by the clock of the reader. */
function local(moment: string | null | undefined): string | undefined {
  if (!moment) return undefined
  const at = new Date(moment)
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
