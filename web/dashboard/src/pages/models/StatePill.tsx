/** Whether a model serves, answers unseen, served before or never did. */

import { texts } from '../../texts'
import type { Model } from './shapes'

const states = texts.models.states

export function StatePill({ model }: { model: Model }) {
  if (model.is_champion)
    return (
      <span className="pill" data-tone="good">
        {states.champion}
      </span>
    )
  if (model.is_shadow)
    return (
      <span className="pill" data-tone="accent">
        {states.shadow}
      </span>
    )
  return <span className="pill">{model.promoted_at ? states.former : states.waiting}</span>
}
