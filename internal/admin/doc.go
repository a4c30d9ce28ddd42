// Package admin is the way of commands such as `postern user add` into a data
// folder. A command calls the Postern that serves the folder, through a unix
// socket in it. Where no Postern runs, the command opens the folder itself and
// makes the same calls there.
//
// It promises that
//
//   - only the user who owns the folder gets in: the socket has mode 0600, the
//     folder 0700, and the system's credentials of the peer are checked where
//     it has them;
//   - a call does what the API and the pages do, through the same functions of
//     [access.Service] and [store.Store], and its audit entry names the user
//     who typed the command;
//   - a command of another version, or with another key, is told so and
//     changes nothing;
//   - the server's connections, the sizes of requests and the time of a call
//     are bounded, and the socket that a killed server left is replaced.
//
// The socket speaks HTTP with JSON: POST /NAME with the call's arguments,
// answered by its result (200) or by {"detail": "a sentence"}. It isn't
// reachable over TCP and isn't part of the API: both ends are always of one
// version.
//
// It refuses what needs the folder to be idle, such as a restore, and what the
// server can't do for a command: a backup is written by the command, since a
// hardened server may write to its own folder only.
package admin
