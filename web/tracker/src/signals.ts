/** What the browser asks of every site: Global Privacy Control, Do Not Track. */

export const signals: string[] = []

if ((navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl) signals.push('gpc')
if (navigator.doNotTrack === '1') signals.push('dnt')
