// A page that reloads itself says so in its address, so that the request doesn't
// extend the session. The loaded page removes the parameter.
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
