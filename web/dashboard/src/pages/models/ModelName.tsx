/** A model's name, with the state that everybody asks for first. */

import { texts } from '../../texts'
import { useModels } from './reads'
import { shortVersion } from './words'

export function ModelName({ name }: { name: string }) {
  const { data } = useModels()
  const model = data?.items.find((one) => one.version === name)
  return (
    <span className="model-name" title={name}>
      {shortVersion(name)}
      {model?.is_champion && <span className="pill" data-tone="good">{texts.models.states.champion}</span>}
      {model?.is_shadow && <span className="pill" data-tone="accent">{texts.models.states.shadow}</span>}
    </span>
  )
}
