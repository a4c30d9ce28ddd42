// Suggests the names of the time zones that the browser knows.
for (const list of document.querySelectorAll('[data-zones]')) {
  list.append(...Intl.supportedValuesOf('timeZone').map((name) => Object.assign(document.createElement('option'), { value: name })));
}
