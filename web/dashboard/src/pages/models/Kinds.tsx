/** Models, panel by panel: which serves, how well, beside what; and who takes over. */

import { Panels, type PanelEntry } from '../../app/PageFrame'
import { Comparison } from './Comparison'
import { DriftNotes } from './DriftNotes'
import { Serving } from './Serving'
import { Trainings } from './Trainings'
import { Versions } from './Versions'

const PANELS: readonly PanelEntry[] = [
  { key: 'serving', span: 12, content: Serving },
  { key: 'beside', span: 7, content: Comparison },
  { key: 'trainings', span: 5, content: Trainings },
  { key: 'versions', span: 12, content: Versions },
  { key: 'drift', span: 12, content: DriftNotes },
]

export function KindsOfModels() {
  return <Panels panels={PANELS} />
}
