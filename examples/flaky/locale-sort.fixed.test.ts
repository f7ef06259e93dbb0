// class: environment
// mechanism: the locale is named
// knob: locale

import { expect, test } from 'vitest'

test('cities are in the order of the alphabet', () => {
  const cities = ['Zürich', 'Çorum', 'Łódź', 'Ängelholm', 'Lyon', 'Ayr', 'Cuenca', 'Žilina']
  const sorted = cities.sort(new Intl.Collator('en').compare)
  expect(sorted).toEqual(['Ängelholm', 'Ayr', 'Çorum', 'Cuenca', 'Łódź', 'Lyon', 'Žilina', 'Zürich'])
})
