/** A labelled field of a form, with its hint and what is wrong with it. */

import { useId, useState, type InputHTMLAttributes } from 'react'
import { texts } from '../texts'

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string
  hint?: string
  wrong?: string
}

export const Field = ({ label, hint, wrong, ...input }: FieldProps) => {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} {...input} {...described(id, hint, wrong)} />
      <Notes id={id} hint={hint} wrong={wrong} />
    </div>
  )
}

/** A password that can be shown to whoever types it. */
export const PasswordField = ({ label, hint, wrong, ...input }: FieldProps) => {
  const id = useId()
  const [isShown, setShown] = useState(false)
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="field-with-button">
        <input id={id} type={isShown ? 'text' : 'password'} {...input} {...described(id, hint, wrong)} />
        <button type="button" className="button button-quiet" aria-pressed={isShown} onClick={() => setShown(!isShown)}>
          {isShown ? texts.account.hide : texts.account.show}
          <span className="visually-hidden">{texts.account.whichPassword}</span>
        </button>
      </div>
      <Notes id={id} hint={hint} wrong={wrong} />
    </div>
  )
}

export const Notes = ({ id, hint, wrong }: { id: string; hint?: string; wrong?: string }) => (
  <>
    {hint && (
      <p className="hint" id={`${id}-hint`}>
        {hint}
      </p>
    )}
    {wrong && (
      <p className="wrong" id={`${id}-wrong`}>
        {wrong}
      </p>
    )}
  </>
)

export const described = (id: string, hint?: string, wrong?: string) => ({
  'aria-invalid': wrong ? true : undefined,
  'aria-describedby': [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ') || undefined,
})
