/** The fields of a product. */

import { useCategoryNames } from '../../api/categories'
import { digitsOf } from '../../format'
import { SelectField, TextArea, TextField } from '../../parts/Form'
import { Icon } from '../../parts/Icon'
import { texts } from '../../texts'
import type { Attribute, Values } from './values'

const words = texts.products.form

interface FieldsProps {
  values: Values
  onChange: (values: Values) => void
  /** Another currency is for a new product alone. */
  isNew?: boolean
}

export function Fields({ values, onChange, isNew = false }: FieldsProps) {
  const categories = useCategoryNames()
  const choices = [...categories]
    .map(([value, label]) => ({ value, label }))
    .sort((left, right) => left.label.localeCompare(right.label))
  const set =
    (field: 'name' | 'description' | 'category' | 'price' | 'currency' | 'stock' | 'image_url') =>
    (event: { target: { value: string } }): void =>
      onChange({ ...values, [field]: event.target.value })
  const digits = digitsOf(values.currency.trim().toUpperCase())
  return (
    <>
      <TextField
        name="name"
        label={words.name}
        value={values.name}
        onChange={set('name')}
        required
        maxLength={300}
      />
      <div className="two">
        <TextField
          name="price.amount"
          label={isNew ? words.price : words.priceIn(values.currency)}
          type="number"
          min="0"
          step={digits ? (1 / 10 ** digits).toFixed(digits) : '1'}
          value={values.price}
          onChange={set('price')}
          required
        />
        {isNew && (
          <TextField
            name="price.currency"
            label={words.currency}
            value={values.currency}
            onChange={set('currency')}
            required
            maxLength={3}
            pattern="[A-Za-z]{3}"
          />
        )}
        <TextField
          name="stock"
          label={words.stock}
          hint={isNew ? words.stockHint : ''}
          type="number"
          min="0"
          step="1"
          value={values.stock}
          onChange={set('stock')}
        />
      </div>
      <SelectField
        name="category"
        label={words.category}
        value={values.category}
        onChange={set('category')}
        choices={[{ value: '', label: words.noCategory }, ...choices]}
      />
      <TextArea
        name="description"
        label={words.description}
        value={values.description}
        onChange={set('description')}
        maxLength={20_000}
      />
      <TextField
        name="image_url"
        label={words.image}
        value={values.image_url}
        onChange={set('image_url')}
      />
      <Attributes
        all={values.attributes}
        onChange={(attributes) => onChange({ ...values, attributes })}
      />
    </>
  )
}

function Attributes({
  all,
  onChange,
}: {
  all: readonly Attribute[]
  onChange: (all: readonly Attribute[]) => void
}) {
  const next = Math.max(0, ...all.map((one) => one.key + 1))
  return (
    <fieldset className="attributes">
      <legend>{words.attributes}</legend>
      {all.map((one, index) => (
        <div key={one.key} className="attribute">
          <input
            className="select"
            aria-label={words.attributeName}
            placeholder={words.attributeName}
            value={one.name}
            onChange={(event) => onChange(all.with(index, { ...one, name: event.target.value }))}
          />
          <input
            className="select"
            aria-label={words.attributeValue}
            placeholder={words.attributeValue}
            value={one.value}
            onChange={(event) => onChange(all.with(index, { ...one, value: event.target.value }))}
          />
          <button
            type="button"
            className="icon-button"
            aria-label={words.removeAttribute}
            onClick={() => onChange(all.toSpliced(index, 1))}
          >
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
      <button
        type="button"
        className="button slim"
        onClick={() => onChange([...all, { key: next, name: '', value: '' }])}
      >
        <Icon name="plus" size={14} /> {words.addAttribute}
      </button>
    </fieldset>
  )
}
