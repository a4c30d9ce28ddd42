// The filter of the events page, in the reader's own zone. Without this file
// its times are UTC, and the page says so.
const pad = (n) => String(n).padStart(2, '0');

function local(at) {
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}T${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

// The zone's distance from UTC at the last midnight, which differs from now's on
// a day that the clocks change. Where it is tomorrow by it already, now's is
// the nearest that there is.
function offset() {
  const now = new Date();
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const east = -(now - midnight < 24 * 3600_000 ? midnight : now).getTimezoneOffset();
  if (east === 0) return '';
  return `${east < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(east) / 60))}:${pad(Math.abs(east) % 60)}`;
}

for (const link of document.querySelectorAll('a[data-today]')) {
  const url = new URL(link.href);
  url.searchParams.set('since', `today${offset()}`);
  link.href = url.pathname + url.search;
  link.title = 'Since midnight';
}

const form = document.querySelector('form[data-events]');
if (form) {
  // What a field shows and what it means: in autumn an hour comes twice.
  const given = new Map();
  for (const input of form.querySelectorAll('input[type="datetime-local"]')) {
    const at = new Date(`${input.getAttribute('value')}Z`);
    if (Number.isNaN(at.getTime())) continue;
    input.value = local(at);
    given.set(input.name, { shown: input.value, at });
  }
  // What is sent is what the page's own address should be.
  form.addEventListener('formdata', ({ formData }) => {
    for (const [from, to] of [['from', 'since'], ['to', 'until']]) {
      const value = formData.get(from);
      formData.delete(from);
      if (!value) continue;
      const at = given.get(from)?.shown === value ? given.get(from).at : new Date(value);
      // What is no time goes as it is: the server says so.
      formData.set(to, Number.isNaN(at.getTime()) ? value : at.toISOString());
    }
    for (const name of new Set(formData.keys())) {
      const values = formData.getAll(name).filter((value) => value.trim() !== '');
      formData.delete(name);
      for (const value of values) formData.append(name, value);
    }
  });
}
