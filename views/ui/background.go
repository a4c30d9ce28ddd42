package ui

// BackgroundHeader marks a request that an open page makes without a person. Such a
// request doesn't extend a session.
const BackgroundHeader = "X-Background-Request"

// BackgroundHeaders is BackgroundHeader in the form that htmx expects.
const BackgroundHeaders = `{"` + BackgroundHeader + `":"yes"}`

// BackgroundParameter marks the address of a page that reloads itself, as
// BackgroundHeader marks a request for a part.
const BackgroundParameter = "background"
