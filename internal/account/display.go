package account

// Display is how a person wants to see pages. Its zero value follows the browser.
type Display struct {
	Theme Theme
	// Zone is the name of a time zone; empty for the browser's.
	Zone string
}

// Theme is a colour scheme of the pages.
type Theme string

// The themes. System follows the browser, which follows the system.
const (
	System Theme = ""
	Light  Theme = "light"
	Dark   Theme = "dark"
)
