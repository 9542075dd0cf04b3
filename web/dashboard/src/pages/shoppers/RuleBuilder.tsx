/** A rule, put together from conditions; what the API says of one stands beside it. */

import { useId } from 'react'

import type { FieldError } from '../../api/client'
import { useCategories, useCategoryNames } from '../../api/categories'
import { useProductNames } from '../../api/product-names'
import { Icon } from '../../parts/Icon'
import { texts } from '../../texts'
import { segmentTitle, useSegments } from './reads'
import {
  type Condition,
  DEEDS,
  type Deed,
  type DidPart,
  type Group,
  KINDS,
  type Kind,
  NUMBERS,
  type NumberName,
  type NumberPart,
  type Part,
  newCondition,
  newGroup,
} from './rule'

const words = texts.shoppers.rule
const DEEPEST = 3

interface BuilderProps<P extends Part> {
  part: P
  onChange: (part: P) => void
  errors: readonly FieldError[]
  /** Where the part stands in the rule, as errors name it. */
  path: string
  currency: string
}

export function RuleBuilder({ depth = 0, ...props }: BuilderProps<Group> & { depth?: number }) {
  const { part: group, onChange, errors, path, currency } = props
  const inside = group.isNot ? `${path}.not` : path
  const change = (parts: readonly Part[]): void => onChange({ ...group, parts })
  const own = errors.filter(
    (error) => error.field === inside || error.field === `${inside}.${group.match}`,
  )
  return (
    <fieldset className="rule-group">
      <legend className="unseen">{words.group}</legend>
      <div className="row">
        <Choice
          label={words.match}
          value={group.isNot ? `not-${group.match}` : group.match}
          choices={words.matches}
          onChange={(value) =>
            onChange({
              ...group,
              isNot: value.startsWith('not-'),
              match: value.endsWith('all') ? 'all' : 'any',
            })
          }
        />
      </div>
      <ul className="stack">
        {group.parts.map((part, index) => (
          <li key={part.id} className="rule-part">
            {part.kind === 'group' ? (
              <RuleBuilder
                part={part}
                onChange={(next) => change(group.parts.with(index, next))}
                errors={errors}
                path={`${inside}.${group.match}[${index}]`}
                currency={currency}
                depth={depth + 1}
              />
            ) : (
              <OneCondition
                part={part}
                onChange={(next) => change(group.parts.with(index, next))}
                errors={errors}
                path={`${inside}.${group.match}[${index}]`}
                currency={currency}
              />
            )}
            <button
              type="button"
              className="icon-button"
              aria-label={words.remove}
              title={words.remove}
              disabled={group.parts.length === 1}
              onClick={() => change(group.parts.toSpliced(index, 1))}
            >
              <Icon name="close" size={14} />
            </button>
          </li>
        ))}
      </ul>
      <Wrong errors={own} />
      <div className="row">
        <button
          type="button"
          className="button slim"
          onClick={() => change([...group.parts, newCondition('number')])}
        >
          <Icon name="plus" size={14} /> {words.addCondition}
        </button>
        {depth < DEEPEST && (
          <button
            type="button"
            className="button slim"
            onClick={() => change([...group.parts, newGroup()])}
          >
            <Icon name="plus" size={14} /> {words.addGroup}
          </button>
        )}
      </div>
    </fieldset>
  )
}

function OneCondition({ part, onChange, errors, path, currency }: BuilderProps<Condition>) {
  const inside = part.isNot ? `${path}.not` : path
  const kind = (value: Kind): void =>
    onChange({ ...newCondition(value), id: part.id, isNot: part.isNot })
  return (
    <div className="rule-condition">
      <div className="row">
        <Choice
          label={words.whether}
          value={part.isNot ? 'not' : 'is'}
          choices={words.whethers}
          onChange={(value) => onChange({ ...part, isNot: value === 'not' })}
        />
        <Choice
          label={words.kind}
          value={part.kind}
          choices={
            Object.fromEntries(KINDS.map((one) => [one, words.kinds[one]])) as Record<Kind, string>
          }
          onChange={kind}
        />
        <Details part={part} onChange={onChange} currency={currency} />
      </div>
      <Wrong
        errors={errors.filter(
          (error) => error.field === inside || error.field.startsWith(`${inside}.`),
        )}
      />
    </div>
  )
}

interface DetailsProps<C extends Condition> {
  part: C
  onChange: (part: Condition) => void
  currency: string
}

function Details({ part, onChange, currency }: DetailsProps<Condition>) {
  switch (part.kind) {
    case 'number':
      return <NumberDetails part={part} onChange={onChange} currency={currency} />
    case 'did':
      return <DidDetails part={part} onChange={onChange} />
    case 'segment':
      return (
        <SegmentDetails
          value={part.segment}
          onChange={(segment) => onChange({ ...part, segment })}
        />
      )
    case 'known':
      return (
        <Choice
          label={words.kinds.known}
          value={part.isKnown ? 'yes' : 'no'}
          choices={words.known}
          onChange={(value) => onChange({ ...part, isKnown: value === 'yes' })}
        />
      )
    case 'consent':
      return (
        <Typed
          label={words.purpose}
          value={part.purpose}
          onChange={(purpose) => onChange({ ...part, purpose })}
        />
      )
  }
}

function NumberDetails({ part, onChange, currency }: DetailsProps<NumberPart>) {
  const unit = NUMBERS[part.name]
  const shown = unit === 'money' ? currency : words.units[unit]
  return (
    <>
      <Choice
        label={words.number}
        value={part.name}
        choices={words.numbers}
        onChange={(name: NumberName) => onChange({ ...part, name })}
      />
      <label className="row small">
        {words.atLeast}
        <Typed
          isNumber
          label={words.atLeast}
          value={part.atLeast}
          onChange={(atLeast) => onChange({ ...part, atLeast })}
        />
      </label>
      <label className="row small">
        {words.atMost}
        <Typed
          isNumber
          label={words.atMost}
          value={part.atMost}
          onChange={(atMost) => onChange({ ...part, atMost })}
        />
      </label>
      {shown && <span className="small soft">{shown}</span>}
    </>
  )
}

function DidDetails({ part, onChange }: Omit<DetailsProps<DidPart>, 'currency'>) {
  return (
    <>
      <Choice
        label={words.deed}
        value={part.deed}
        choices={words.deeds}
        onChange={(deed: Deed) => onChange({ ...part, deed })}
      />
      <Choice
        label={words.of}
        value={part.of}
        choices={words.ofs}
        onChange={(of) => onChange({ ...part, of, target: '' })}
      />
      {part.of === 'category' && (
        <CategoryDetails value={part.target} onChange={(target) => onChange({ ...part, target })} />
      )}
      {part.of === 'product' && (
        <ProductDetails value={part.target} onChange={(target) => onChange({ ...part, target })} />
      )}
      {part.deed !== DEEDS[2] && (
        <label className="row small">
          {words.times}
          <Typed
            isNumber
            label={words.times}
            value={part.times}
            onChange={(times) => onChange({ ...part, times })}
          />
        </label>
      )}
      <label className="row small">
        {words.withinDays}
        <Typed
          isNumber
          label={words.withinDays}
          value={part.withinDays}
          onChange={(withinDays) => onChange({ ...part, withinDays })}
        />
      </label>
    </>
  )
}

function SegmentDetails({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { data } = useSegments()
  const names = data?.segments.map((segment) => segment.name) ?? [value]
  return (
    <Choice
      label={words.kinds.segment}
      value={value}
      choices={Object.fromEntries(names.map((name) => [name, segmentTitle(name)]))}
      onChange={onChange}
    />
  )
}

function CategoryDetails({
  value,
  onChange,
}: {
  value: string
  onChange: (value: string) => void
}) {
  const { data } = useCategories()
  const names = useCategoryNames()
  const choices = Object.fromEntries(
    (data?.items ?? []).map((one) => [one.category_id, names.get(one.category_id) ?? one.name]),
  )
  return (
    <Choice
      label={words.category}
      value={value}
      choices={{ '': words.choose, ...choices }}
      onChange={onChange}
    />
  )
}

function ProductDetails({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const id = useId()
  const names = useProductNames()
  return (
    <>
      <Typed label={words.product} value={value} onChange={onChange} list={id} />
      <datalist id={id}>
        {[...names].map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </datalist>
      {names.get(value) && <span className="small soft">{names.get(value)}</span>}
    </>
  )
}

function Choice<V extends string>(props: {
  label: string
  value: V
  choices: Readonly<Record<V, string>>
  onChange: (value: V) => void
}) {
  return (
    <select
      className="select"
      aria-label={props.label}
      value={props.value}
      onChange={(event) => props.onChange(event.target.value as V)}
    >
      {(Object.entries(props.choices) as [V, string][]).map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  )
}

interface TypedProps {
  label: string
  value: string
  onChange: (value: string) => void
  isNumber?: boolean
  list?: string
}

function Typed({ label, value, onChange, isNumber = false, list }: TypedProps) {
  return (
    <input
      className={isNumber ? 'select few' : 'select'}
      aria-label={label}
      type={isNumber ? 'number' : 'text'}
      step={isNumber ? 'any' : undefined}
      list={list}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}

function Wrong({ errors }: { errors: readonly FieldError[] }) {
  return errors.map((error) => (
    <p key={error.field + error.code} className="wrong small bad">
      {error.message}
    </p>
  ))
}
