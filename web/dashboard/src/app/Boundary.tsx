/** A page that breaks leaves the others standing. */

import { Component, type ReactNode } from 'react'

import { texts } from '../texts'

export class Boundary extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false }

  static getDerivedStateFromError(): { isBroken: boolean } {
    return { isBroken: true }
  }

  override render(): ReactNode {
    if (!this.state.isBroken) return this.props.children
    return (
      <div className="state" role="alert">
        <h1>{texts.app.broken}</h1>
        <button type="button" className="button" onClick={() => location.reload()}>
          {texts.app.reload}
        </button>
      </div>
    )
  }
}
