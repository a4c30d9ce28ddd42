// Package socket has what the websockets of live pages and of streams share:
// the upgrade, the reader that notices a closed connection, and the close codes.
package socket
