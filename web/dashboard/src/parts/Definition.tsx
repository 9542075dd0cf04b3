/** What a number means, for whoever points at it or comes to it by keyboard. */

import { type KeyboardEvent, useId, useRef, useState } from 'react'

import { texts } from '../texts'
import { Icon } from './Icon'

export function Definition({ of, text }: { of: string; text: string }) {
  const id = useId()
  const [isHushed, setHushed] = useState(false)
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') setHushed(true)
  }
  const tip = useRef<HTMLSpanElement>(null)
  const show = (): void => {
    setHushed(false)
    if (tip.current) keepInside(tip.current)
  }
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
      <span id={id} role="tooltip" ref={tip}>
        {text}
      </span>
    </span>
  )
}

const MARGIN = 12

/** Moves what would stick out of the window back into it. */
function keepInside(tip: HTMLElement): void {
  tip.style.left = ''
  requestAnimationFrame(() => {
    const { right, left } = tip.getBoundingClientRect()
    const over = right - (document.documentElement.clientWidth - MARGIN)
    if (over > 0) tip.style.left = `${tip.offsetLeft - Math.min(over, left - MARGIN)}px`
  })
}
