// Package admin is the way of commands such as `postern user add` into a data
// folder. A command calls the Postern that serves the folder, through a unix
// socket in it. Where no Postern runs, the command opens the folder itself and
// makes the same calls there.
//
// It promises that
//
//   - only the user who owns the folder gets in: the socket has mode 0600, the
//     folder 0700, and the server checks the system's credentials of the peer
//     where it has them. The command checks them, too, before it sends anything;
//   - a call does what the API and the pages do, through the same functions of
//     [access.Service] and [store.Store], and its audit entry names the user
//     who typed the command;
//   - a command of another version, or with another key, is told so and
//     changes nothing;
//   - the server's connections, the sizes of requests and the time of a call
//     are bounded, but for the calls that verify the audit or the data, which
//     last as long as reading takes and end with the command;
//   - a command says so where the server doesn't answer it within 10 s;
//   - the socket that a killed server left is replaced, and a socket that fails
//     doesn't stop the server.
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
