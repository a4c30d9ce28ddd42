package internal

import (
	"go/scanner"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxColumns is the greatest length of a line of Go, with a tab as one column. A
// line may be longer if a single text in it takes more than half of that: texts
// such as struct tags and documents in raw strings can't be broken.
const maxColumns = 140

// formerWords are words of Postern's own that standard terms have replaced. No
// search engine knows them, and they must not return in a name or in a comment.
// docs/glossary.md has today's words.
var formerWords = map[string]string{
	"fallen":    "ring miss",
	"journal":   "store",
	"lane":      "worker",
	"mailbox":   "inbox",
	"parcel":    "delivery request",
	"ripen":     "linger",
	"sighting":  "last seen",
	"stranger":  "anonymous",
	"stretch":   "segment, or range",
	"tally":     "counter bucket",
	"thinned":   "removed by type",
	"unspelled": "escape formula",
}

// formerWordIn are the files that may use a former word, with the reason.
var formerWordIn = map[string]string{
	"internal/store/segment/doc.go": "describes the table stretches, whose name stays in the file format",
}

// trackedFiles returns the files of the repository that match one of the patterns
// and aren't generated.
func trackedFiles(t *testing.T, patterns ...string) (files []string) {
	t.Helper()
	list := exec.Command("git", append([]string{"ls-files", "--"}, patterns...)...)
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Skipf("this is no repository: %v", err)
	}
	for file := range strings.Lines(string(out)) {
		if file = strings.TrimSpace(file); !strings.HasSuffix(file, "_templ.go") && !strings.HasPrefix(file, "static/") {
			files = append(files, file)
		}
	}
	if len(files) == 0 {
		t.Fatal("there are no files")
	}
	return files
}

// readFile returns the text of a file of the repository. Files that were deleted
// and not committed yet are empty.
func readFile(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// goToken is a token of a Go file.
type goToken struct {
	line int
	kind token.Token
	text string
}

// scanGo returns the tokens of a Go file, comments among them.
func scanGo(text string) (tokens []goToken) {
	file := token.NewFileSet().AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, []byte(text), nil, scanner.ScanComments)
	for {
		pos, kind, literal := s.Scan()
		if kind == token.EOF {
			return tokens
		}
		tokens = append(tokens, goToken{file.Line(pos), kind, literal})
	}
}

func TestStyle_LinesAreShort(t *testing.T) {
	t.Parallel()
	for _, file := range trackedFiles(t, "*.go") {
		text := readFile(t, file)
		lines := strings.Split(text, "\n")
		exempt := map[int]bool{}
		for _, tok := range scanGo(text) {
			if rows := strings.Count(tok.text, "\n"); tok.kind == token.STRING && (rows > 0 || utf8.RuneCountInString(tok.text) > maxColumns/2) {
				for i := range rows + 1 {
					exempt[tok.line+i] = true
				}
			}
		}
		for i, line := range lines {
			if n := utf8.RuneCountInString(line); n > maxColumns && !exempt[i+1] {
				t.Errorf("%s:%d has %d columns, more than %d", file, i+1, n, maxColumns)
			}
		}
	}
}

// A reader has to come to the end of a sentence that begins with "What" or "Who"
// before the subject of the sentence is known, and "Nobody" names none.
func TestStyle_CommentsNameTheirSubject(t *testing.T) {
	t.Parallel()
	sentence := regexp.MustCompile(`(//|/\*\*?|^ \*|[.:;]| -) +(What|Whatever|Who|Whoever|Nobody|Somebody) [^?]*$`)
	for _, file := range trackedFiles(t, "*.go", "*.templ", "assets/*.js", "assets/*.css", "tests/*.mjs") {
		for i, line := range strings.Split(readFile(t, file), "\n") {
			at := strings.Index(line, "//")
			if at < 0 {
				at = strings.Index(line, "/*")
			}
			if at >= 0 && sentence.MatchString(line[at:]) {
				t.Errorf("%s:%d: name the subject of this sentence by a noun: %s", file, i+1, strings.TrimSpace(line))
			}
		}
	}
}

func TestStyle_FormerWordsDoNotReturn(t *testing.T) {
	t.Parallel()
	var words []string
	for word := range formerWords {
		words = append(words, word)
	}
	former := regexp.MustCompile(`\b(?i:` + strings.Join(words, "|") + `)s?\b`)
	capitals := regexp.MustCompile(`([a-z0-9])([A-Z])`)
	for _, file := range trackedFiles(t, "*.go") {
		if filepath.Base(file) == "style_test.go" || formerWordIn[file] != "" {
			continue
		}
		for _, tok := range scanGo(readFile(t, file)) {
			if tok.kind != token.IDENT && tok.kind != token.COMMENT {
				continue
			}
			if word := former.FindString(capitals.ReplaceAllString(tok.text, "$1 $2")); word != "" {
				now := formerWords[strings.TrimSuffix(strings.ToLower(word), "s")]
				t.Errorf("%s:%d: %q was replaced by %q: %.100s", file, tok.line, word, now, tok.text)
			}
		}
	}
}
