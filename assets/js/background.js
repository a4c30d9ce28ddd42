// A page that loads itself again says so in its address: nobody did anything, so
// that it is no use of a session. The address is as before once it is loaded.
const parameter = 'background';

const here = new URL(location.href);
if (here.searchParams.has(parameter)) {
  here.searchParams.delete(parameter);
  history.replaceState(history.state, '', here);
}

export function reload() {
  const url = new URL(location.href);
  url.searchParams.set(parameter, '1');
  location.replace(url);
}
