/** What a number means, for whoever points at it or comes to it by keyboard. */

import { type KeyboardEvent, useId, useState } from 'react'

import { texts } from '../texts'
import { Icon } from './Icon'

export function Definition({ of, text }: { of: string; text: string }) {
  const id = useId()
  const [isHushed, setHushed] = useState(false)
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') setHushed(true)
  }
  const show = (): void => setHushed(false)
  return (
    <span className="definition" data-hushed={isHushed} onMouseEnter={show}>
      <button
        type="button"
        aria-label={texts.parts.definitionOf(of)}
        aria-describedby={id}
        onFocus={show}
        onKeyDown={onKeyDown}
      >
        <Icon name="info" size={15} />
      </button>
      <span id={id} role="tooltip">
        {text}
      </span>
    </span>
  )
}
