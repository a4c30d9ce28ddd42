package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"

	"postern/internal/access"
)

// newPassword generates a password, asks for one on the terminal, or reads one from
// standard input. It is never an argument: other users can see those.
func newPassword(p process, account string, generate bool) (access.Secret, error) {
	switch {
	case generate:
		return access.GeneratePassword(), nil
	case term.IsTerminal(int(p.stdin.Fd())):
		return askPassword(p, account)
	default:
		return readLine(p.stdin)
	}
}

// readLine reads the first line of standard input.
func readLine(r io.Reader) (access.Secret, error) {
	line, err := bufio.NewReader(io.LimitReader(r, access.MaxPasswordBytes+3)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return access.Secret{}, fmt.Errorf("read the password: %w", err)
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if line == "" {
		return access.Secret{}, errors.New("there is no password on standard input; pipe one in, run this on a terminal, or give --generate")
	}
	return access.NewSecret(line), nil
}

var errInterrupted = errors.New("interrupted; nothing was changed")

// askPassword asks twice on the terminal, which shows no typed characters from
// before the question on. Afterwards it has its former settings.
func askPassword(p process, account string) (access.Secret, error) {
	fd := int(p.stdin.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return access.Secret{}, fmt.Errorf("read the password: %w", err)
	}
	defer term.Restore(fd, before) //nolint:errcheck // there is nothing else to do
	terminal := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{p.stdin, p.stderr}, "")
	first, err := ask(p, terminal, "Password for "+printable(account)+": ")
	if err != nil {
		return access.Secret{}, err
	}
	if err := access.CheckPassword(account, first); err != nil {
		return access.Secret{}, err
	}
	second, err := ask(p, terminal, "Once more: ")
	if err != nil {
		return access.Secret{}, err
	}
	if first.Reveal() != second.Reveal() {
		return access.Secret{}, errors.New("the two are not the same; nothing was changed")
	}
	return first, nil
}

// ask asks once. A signal ends the question.
func ask(p process, terminal *term.Terminal, question string) (access.Secret, error) {
	type answer struct {
		line string
		err  error
	}
	answered := make(chan answer, 1)
	go func() { // ends with the process where a signal comes first
		line, err := terminal.ReadPassword(question)
		answered <- answer{line, err}
	}()
	select {
	case a := <-answered:
		if errors.Is(a.err, io.EOF) { // Ctrl-C or Ctrl-D
			return access.Secret{}, errInterrupted
		}
		if a.err != nil {
			return access.Secret{}, fmt.Errorf("read the password: %w", a.err)
		}
		return access.NewSecret(a.line), nil
	case <-p.ctx.Done():
		return access.Secret{}, errInterrupted
	}
}
