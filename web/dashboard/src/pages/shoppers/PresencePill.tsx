/** Whether somebody is on the site. */

import { texts } from '../../texts'
import type { Presence } from './shapes'

const TONES = { active: 'good', idle: 'warn', gone: '' } as const

export function PresencePill({ presence }: { presence: Presence }) {
  return (
    <span className="pill" data-tone={TONES[presence]}>
      {texts.now.explained.presences[presence]}
    </span>
  )
}
