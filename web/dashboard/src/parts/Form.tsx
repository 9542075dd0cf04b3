/** Forms that show beside each field what the API says of it. */

import {
  type ComponentProps,
  type FormEvent,
  type ReactNode,
  createContext,
  useContext,
  useEffect,
  useId,
  useState,
} from 'react'

import { Problem } from '../api/client'
import { texts } from '../texts'

const Refusal = createContext<Problem | null>(null)

export interface FormProps {
  action: string
  /** Sends the fields, by their names; what it throws is shown, field by field where it can be. */
  onSubmit: (fields: FormData) => Promise<void>
  onCancel?: () => void
  children: ReactNode
}

export function Form({ action, onSubmit, onCancel, children }: FormProps) {
  const [refusal, setRefusal] = useState<Problem | null>(null)
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    try {
      await onSubmit(new FormData(event.currentTarget))
      setRefusal(null)
    } catch (error) {
      setRefusal(
        error instanceof Problem ? error : new Problem(0, 'failed', texts.parts.somethingFailed),
      )
    } finally {
      setBusy(false)
    }
  }
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <Refusal value={refusal}>{children}</Refusal>
      {refusal && (
        <p className="wrong" role="alert">
          {refusal.message}
        </p>
      )}
      <div className="actions">
        {onCancel && (
          <button type="button" className="button" onClick={onCancel}>
            {texts.parts.cancel}
          </button>
        )}
        <button type="submit" className="button main-action" disabled={isBusy}>
          {action}
        </button>
      </div>
    </form>
  )
}

interface FieldProps {
  name: string
  label: string
  hint?: string
}

interface Described {
  id: string
  name: string
  'aria-invalid': boolean
  'aria-describedby': string | undefined
}

interface FieldFrameProps extends FieldProps {
  children: (described: Described) => ReactNode
}

function Field({ name, label, hint, children }: FieldFrameProps) {
  const id = useId()
  const wrong = useContext(Refusal)?.of(name) ?? ''
  const told = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ')
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, name, 'aria-invalid': wrong !== '', 'aria-describedby': told || undefined })}
      {hint && (
        <span id={`${id}-hint`} className="hint">
          {hint}
        </span>
      )}
      {wrong && (
        <span id={`${id}-wrong`} className="wrong">
          {wrong}
        </span>
      )}
    </div>
  )
}

export function TextField({ name, label, hint, ...rest }: FieldProps & ComponentProps<'input'>) {
  return (
    <Field name={name} label={label} {...(hint && { hint })}>
      {(described) => <input {...rest} {...described} />}
    </Field>
  )
}

export function TextArea({ name, label, hint, ...rest }: FieldProps & ComponentProps<'textarea'>) {
  return (
    <Field name={name} label={label} {...(hint && { hint })}>
      {(described) => <textarea {...rest} {...described} />}
    </Field>
  )
}

export interface Choice {
  value: string
  label: string
}

export function SelectField({
  name,
  label,
  hint,
  choices,
  ...rest
}: FieldProps & ComponentProps<'select'> & { choices: readonly Choice[] }) {
  return (
    <Field name={name} label={label} {...(hint && { hint })}>
      {(described) => (
        <select {...rest} {...described}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

export function CheckField({ name, label, hint, ...rest }: FieldProps & ComponentProps<'input'>) {
  const id = useId()
  return (
    <div className="field check">
      <input
        type="checkbox"
        {...rest}
        id={id}
        name={name}
        aria-describedby={hint && `${id}-hint`}
      />
      <label htmlFor={id}>{label}</label>
      {hint && (
        <span id={`${id}-hint`} className="hint">
          {hint}
        </span>
      )}
    </div>
  )
}

/** What a text field proposes, for its `list`; anything else may be written all the same. */
export function Choices({ id, choices }: { id: string; choices: readonly Choice[] }) {
  return (
    <datalist id={id}>
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </datalist>
  )
}

/** A filter: a choice that takes effect at once. */
export function Select<T extends string>(props: {
  label: string
  value: T
  choices: readonly { value: T; label: string }[]
  onChange: (value: T) => void
}) {
  const { label, value, choices, onChange } = props
  return (
    <select
      className="select"
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value as T)}
    >
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </select>
  )
}

const TYPING_MS = 300

/** A filter by words, which takes effect a moment after the last letter. */
export function SearchField({
  label,
  value,
  onChange,
}: {
  label: string
  value: string
  onChange: (value: string) => void
}) {
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  useEffect(() => {
    if (typed === value) return undefined
    const timer = setTimeout(() => onChange(typed), TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed, value, onChange])
  return (
    <input
      type="search"
      className="select search-field"
      aria-label={label}
      placeholder={label}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  )
}
