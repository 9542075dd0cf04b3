// Before the first paint, so that nobody sees a flash of the other theme.
try {
  const theme = localStorage.getItem('footfall-theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // A browser that keeps nothing shows what its system prefers.
}
