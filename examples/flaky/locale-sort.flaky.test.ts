// class: environment
// mechanism: the order of an alphabet is that of the machine’s locale
// knob: locale

import { expect, test } from 'vitest'

test('cities are in the order of the alphabet', () => {
  const cities = ['Zürich', 'Çorum', 'Łódź', 'Ängelholm', 'Lyon', 'Ayr', 'Cuenca', 'Žilina']
  const sorted = cities.sort((one, other) => one.localeCompare(other))
  expect(sorted).toEqual(['Ängelholm', 'Ayr', 'Çorum', 'Cuenca', 'Łódź', 'Lyon', 'Žilina', 'Zürich'])
})
