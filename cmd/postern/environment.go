package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// variablePrefix begins the name of each of Postern's variables.
const variablePrefix = "POSTERN_"

// flaglessVariables are the variables without a flag. The examples of receivers
// read their secret from the last one, which Postern itself leaves alone.
var flaglessVariables = []string{keyVariable, loginVariable, "POSTERN_WEBHOOK_SECRET"}

// checkEnvironment refuses an unknown variable with Postern's prefix: a typing
// error in POSTERN_REQUIRE_ACCESS would start an open server. Every command
// accepts the variables of all commands, since they share one environment. The
// error shows no values: they may be secrets.
func checkEnvironment(known []string) error {
	var wrong []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(strings.ToUpper(name), variablePrefix) || slices.Contains(known, name) || isServiceLink(name) {
			continue
		}
		if near := nearest(strings.ToUpper(name), known); near != "" {
			wrong = append(wrong, name+" (did you mean "+near+"?)")
		} else {
			wrong = append(wrong, name)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	slices.Sort(wrong)
	return usageError{fmt.Errorf("the environment has unknown POSTERN_ variables: %s; "+
		"correct or unset them (postern serve --help lists all)", strings.Join(wrong, ", "))}
}

// variables are the names of all environment variables that any command reads.
func variables(app *kong.Application) []string {
	names := slices.Clone(flaglessVariables)
	_ = kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			names = append(names, flag.Envs...)
		}
		return next(nil)
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// isServiceLink reports whether Kubernetes sets a variable of this name for a
// service: POSTERN_SERVICE_HOST, POSTERN_PORT_8000_TCP and the like for one
// that is called postern, and the same after POSTERN_WEB for postern-web.
func isServiceLink(name string) bool {
	for at := range name {
		if !strings.HasPrefix(name[at:], "_SERVICE_") && !strings.HasPrefix(name[at:], "_PORT") {
			continue
		}
		service := name[:at]
		if _, linked := os.LookupEnv(service + "_SERVICE_HOST"); linked || service+"_" == variablePrefix {
			return true
		}
	}
	return false
}

// nearest returns the known name that a wrong one was most likely meant to be;
// empty where none is near.
func nearest(wrong string, known []string) string {
	best, least := "", len(wrong)/3+1
	for _, name := range known {
		if d := editDistance(wrong[len(variablePrefix):], name[len(variablePrefix):]); d < least {
			best, least = name, d
		}
	}
	return best
}

// editDistance counts the letters to insert, remove, replace or swap with
// their neighbour to make b of a.
func editDistance(a, b string) int {
	var before []int // the row before the one before
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
