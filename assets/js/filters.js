// The filter of the events page, in the reader's own zone. Without this file
// its times are UTC, and the page says so.
const pad = (n) => String(n).padStart(2, '0');

function local(at) {
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}T${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

function offset() {
  const east = -new Date().getTimezoneOffset();
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
  for (const input of form.querySelectorAll('input[type="datetime-local"]')) {
    const at = new Date(`${input.getAttribute('value')}Z`);
    if (!Number.isNaN(at.getTime())) input.value = local(at);
  }
  // What is sent is what the page's own address should be.
  form.addEventListener('formdata', ({ formData }) => {
    for (const [from, to] of [['from', 'since'], ['to', 'until']]) {
      const value = formData.get(from);
      formData.delete(from);
      if (value) formData.set(to, new Date(value).toISOString());
    }
    for (const name of new Set(formData.keys())) {
      const given = formData.getAll(name).filter((value) => value.trim() !== '');
      formData.delete(name);
      for (const value of given) formData.append(name, value);
    }
  });
}
