package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// Exit codes.
const (
	exitOK    = 0
	exitWrong = 1 // a document, a user or a case
	exitUsage = 2
)

// command is the surroundings of a subcommand.
type command struct {
	in       io.Reader
	out, err io.Writer
	color    bool
	flags    *flag.FlagSet
}

// errWrong says that something is wrong, and has been told.
var errWrong = errors.New("something is wrong")

// usageError is a command that was used wrongly.
type usageError struct{ error }

const usage = `usage: mapping COMMAND …

  check   [--json] FILE|DIR…                          check documents
  explain [--record FILE] [--tables FILE] [--json] DOCUMENT USER.json
                                                      what becomes of a user, rule by rule
  diff    [--tables FILE] [--json] DOCUMENT USER.json RECORD.json
                                                      what an update would change
  test    FILE|DIR…                                   run case files and the tests in documents
  print   DOCUMENT                                    an override as the whole that it makes
  import  entra|okta|miniorange [--base DOCUMENT] [--name NAME] [--attribute NAME=PATH]… FILE
                                                      the mapping of another system as a document

A DOCUMENT is a file, - for standard input, or the name of a shipped one:
  %s
`

func run(args []string, in io.Reader, out, errw io.Writer) int {
	c := &command{in: in, out: out, err: errw, color: isTerminal(out)}
	commands := map[string]func(*command, []string) error{
		"check": check, "explain": explain, "diff": diff, "test": test, "print": printDocument, "import": importDocument,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		fmt.Fprintf(errw, usage, strings.Join(shippedNames(), "\n  "))
		if len(args) == 1 && (args[0] == "help" || args[0] == "-h" || args[0] == "--help") {
			return exitOK
		}
		return exitUsage
	}
	c.flags = flag.NewFlagSet("mapping "+args[0], flag.ContinueOnError)
	c.flags.SetOutput(errw)
	err := commands[args[0]](c, args[1:])
	var wrongUse usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.As(err, &wrongUse):
		fmt.Fprintf(errw, "mapping %s: %v\n", args[0], err)
		return exitUsage
	case errors.Is(err, errWrong):
		return exitWrong
	default:
		fmt.Fprintf(errw, "mapping %s: %v\n", args[0], err)
		return exitWrong
	}
}

// parse reads the flags, wherever they stand among the arguments, and returns the
// rest: between least and most of them, any number where most is -1.
func (c *command) parse(args []string, least, most int) ([]string, error) {
	var rest []string
	for len(args) > 0 {
		if err := c.flags.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usageError{err}
		}
		args = c.flags.Args()
		// A - is a file, as is all up to the next flag.
		for len(args) > 0 && (args[0] == "-" || !strings.HasPrefix(args[0], "-")) {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	switch {
	case len(rest) < least:
		return nil, usageError{errors.New("an argument is missing")}
	case most >= 0 && len(rest) > most:
		return nil, usageError{fmt.Errorf("%q is one argument too many", rest[most])}
	}
	return rest, nil
}

// isTerminal reports whether a person reads the output. NO_COLOR says that it is to
// be taken for a file all the same.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

const (
	red   = "31"
	green = "32"
	faint = "2"
)

// paint colours a text on a terminal.
func (c *command) paint(color, text string) string {
	if !c.color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// read reads a file, or standard input for -.
func (c *command) read(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(c.in)
	}
	return os.ReadFile(name)
}
