// How the browser of the tests is started.

// Work of a headless browser beside showing pages: the two popups of the
// address bar, which are pages of their own in every window, and a process
// that waits for the next site.
const needless = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'SpareRendererForSitePerProcess'];

// The last list of features counts, so it also has those that Playwright turns off.
const turnedOffByPlaywright = [
  'AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades', 'HttpsFirstBalancedModeAutoEnable', 'LensOverlay', 'MediaRouter',
  'PaintHolding', 'ThirdPartyStoragePartitioning', 'AvoidCorsURLLoaderRestartOnRedirect', 'OptimizationHints', 'NetworkTimeServiceQuerying', 'AimEnabled', 'PreconnectToSearch',
];

export function launchOptions() {
  return {
    executablePath: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium',
    // Playwright turns the back-forward cache off, which hides what Back
    // does to a socket.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    args: [
      '--no-sandbox', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--no-first-run', '--disable-dev-shm-usage',
      // There is no graphics card, and imitating one costs more than painting does.
      '--disable-gpu', '--disable-gpu-rasterization', '--disable-site-isolation-trials',
      `--disable-features=${[...needless, ...turnedOffByPlaywright].join()}`,
    ],
  };
}
