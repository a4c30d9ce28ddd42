// Package porttest finds ports for programs that tests start and that can't be
// told to choose a port of their own.
package porttest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// Free returns a port that is free on every address of this machine. It is below
// the ports that the system gives to outgoing connections and to port 0, so that
// none of these takes it before the program does.
func Free(t testing.TB) string {
	t.Helper()
	for range 100 {
		port := 12000 + rand.IntN(18000)
		ln, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err == nil {
			ln.Close()
			return strconv.Itoa(port)
		}
	}
	t.Fatal("no port is free")
	return ""
}
