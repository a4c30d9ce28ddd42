package ui

// BackgroundHeader is the header of what an open page asks for over and over: nobody
// does anything, so that it is no use of a session.
const BackgroundHeader = "X-By-Itself"

// BackgroundHeaders is BackgroundHeader as htmx takes it.
const BackgroundHeaders = `{"` + BackgroundHeader + `":"yes"}`

// BackgroundParameter is the parameter of a page that loads itself again, as BackgroundHeader is
// the header of parts of it.
const BackgroundParameter = "background"
