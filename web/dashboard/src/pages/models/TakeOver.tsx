/** Asks, with a reason for those who look at the history, before another model answers. */

import { post } from '../../api/client'
import { queries } from '../../api/queries'
import { Dialog } from '../../parts/Dialog'
import { Form, TextField } from '../../parts/Form'
import { toast } from '../../parts/Toast'
import { texts } from '../../texts'
import { MODELS } from './reads'
import { kindName } from './words'

const words = texts.models.takeOver

export interface Change {
  does: 'promote' | 'shadow' | 'unshadow' | 'rollback'
  kind: string
  /** Empty where the kind alone says what changes. */
  version: string
}

export function TakeOver({ change: { does, kind, version }, onClose }: { change: Change; onClose: () => void }) {
  const said = words[does]
  const [base, key] = [`/v1/admin/models/${encodeURIComponent(kind)}`, encodeURIComponent(version)]
  const path = does === 'promote' || does === 'shadow' ? `${base}/${key}/${does}` : `${base}/${does}`
  const send = async (fields: FormData): Promise<void> => {
    const answer = await post<{ champion: string; shadow: string }>(path, { reason: String(fields.get('reason') ?? '') })
    await queries.invalidateQueries({ queryKey: [MODELS] })
    toast(said.done(answer.champion, answer.shadow))
    onClose()
  }
  return (
    <Dialog title={said.title(kindName(kind))} isNarrow onClose={onClose}>
      <Form action={said.action} onSubmit={send} onCancel={onClose}>
        <p>{said.text(version)}</p>
        <TextField name="reason" label={words.reason} hint={words.reasonHint} maxLength={500} autoComplete="off" />
      </Form>
    </Dialog>
  )
}
