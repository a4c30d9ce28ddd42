// Package connection bounds the connections that clients have open.
//
// A [Limiter] wraps the listeners of a server. It promises that
//
//   - no more connections are open than the process has file descriptors and
//     memory for, beside what its own files and sockets need;
//   - one client holds a part of them at most. A client is an IPv4 address or
//     an IPv6 /64, which is what one subscriber has. Trusted proxies are
//     exempt: they stand for many clients;
//   - a new connection displaces the one that has waited longest, rather than
//     being refused. A connection waits while it is anonymous and no request
//     of it is being handled: it is idle, or a request of it is half sent;
//   - connections in the reserve are left to clients that have authenticated
//     lately, and such clients' connections aren't displaced by others;
//   - an error of accept that passes, such as too many open files, is waited
//     out.
//
// It bounds the memory of request bodies, too: see [Conn]. It doesn't know
// HTTP. The server tells it where the handling of a request begins and ends,
// and which requests are authenticated.
package connection
