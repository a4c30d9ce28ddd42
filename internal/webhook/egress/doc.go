// Package egress decides which URLs deliveries may call: schemes, hosts,
// ports and addresses.
//
// It promises that no connection is opened to an address that the policy
// doesn't allow, whatever the URL, its spelling or its DNS records. The dialer
// checks the address after DNS, on every connection, so a name that changes its
// address gains nothing. CheckURL refuses at registration what can be refused
// without DNS.
//
// It sends nothing and knows no endpoint, event or secret.
package egress
